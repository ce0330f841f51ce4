"""What one of two processes does; see ``ranks.py``."""

import json
import pickle
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import torch.distributed as dist
from mmdet.registry import MODELS
from mmengine.config import ConfigDict
from mmengine.optim import build_optim_wrapper
from mmengine.registry import init_default_scope

from mmdet_sodgan.engine import AlternatingDistributedDataParallel
from mmdet_sodgan.engine.hooks import GANVisualizationHook


def look(folder: Path, rank: int) -> None:
    """Train a step, look, and train another step.

    ``job.pkl`` has the model's config and a batch; the names of the pictures of
    this process are written to ``RANK.json``.
    """
    # Made by the test that starts this process.
    cfg, batch = pickle.loads((folder / 'job.pkl').read_bytes())
    init_default_scope('mmdet')
    dist.init_process_group('gloo', timeout=timedelta(seconds=60))
    model = AlternatingDistributedDataParallel(MODELS.build(ConfigDict(cfg)).train())
    sgd = dict(optimizer=dict(type='SGD', lr=0.01))
    wrappers = build_optim_wrapper(
        model, dict(sgd, constructor='GANOptimWrapperConstructor', discriminator=sgd)
    )
    drawn = []
    visualizer = SimpleNamespace(
        add_image=lambda name, *_: drawn.append(name),
        add_datasample=lambda name, *_, **__: drawn.append(name),
    )
    runner = SimpleNamespace(model=model, iter=0, visualizer=visualizer)
    model.train_step(batch, wrappers)
    GANVisualizationHook(interval=1).after_train_iter(runner, 0, batch)
    model.train_step(batch, wrappers)
    (folder / f'{rank}.json').write_text(json.dumps(drawn))
    dist.barrier()
