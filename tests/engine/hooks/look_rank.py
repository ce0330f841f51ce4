"""One of two processes that train a step, look, and train another step.

Usage: ``look_rank.py FOLDER RANK``. FOLDER holds ``job.pkl``, the model's config
and a batch; the names of the pictures of this process are written to
``RANK.json`` in it.
"""

import json
import os
import pickle
import sys
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import torch
import torch.distributed as dist
from mmdet.registry import MODELS
from mmengine.config import ConfigDict
from mmengine.optim import build_optim_wrapper
from mmengine.registry import init_default_scope

from mmdet_sodgan.engine import AlternatingDistributedDataParallel
from mmdet_sodgan.engine.hooks import GANVisualizationHook


def main(folder: Path, rank: int) -> None:
    torch.set_num_threads(1)
    # Made by the test that starts this script.
    cfg, batch = pickle.loads((folder / 'job.pkl').read_bytes())
    init_default_scope('mmdet')
    dist.init_process_group(
        'gloo',
        init_method=f'file://{folder / "rendezvous"}',
        rank=rank,
        world_size=2,
        timeout=timedelta(seconds=60),
    )
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
    # What is tested is over; gloo's own end has been seen to hang.
    os._exit(0)


if __name__ == '__main__':
    main(Path(sys.argv[1]), int(sys.argv[2]))
