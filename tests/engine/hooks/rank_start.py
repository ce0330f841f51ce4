"""What one of two processes does; see ``ranks.py``."""

import pickle
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import torch
import torch.distributed as dist
from mmdet.registry import MODELS
from mmengine.config import ConfigDict
from mmengine.registry import init_default_scope

from mmdet_sodgan.engine import AlternatingDistributedDataParallel
from mmdet_sodgan.engine.hooks import SubspaceStartHook


def start(folder: Path, rank: int) -> None:
    """Start the generator from this process's batch of ``job.pkl``.

    Its weights are written to ``RANK.pt``.
    """
    # Made by the test that starts this process.
    cfg, state_dict, batches = pickle.loads((folder / 'job.pkl').read_bytes())
    init_default_scope('mmdet')
    dist.init_process_group('gloo', timeout=timedelta(seconds=60))
    model = MODELS.build(ConfigDict(cfg)).train()
    model.load_state_dict(state_dict)
    runner = SimpleNamespace(model=AlternatingDistributedDataParallel(model), iter=0)
    SubspaceStartHook().before_train_iter(runner, 0, batches[rank])
    torch.save(model.generator.state_dict(), folder / f'{rank}.pt')
    dist.barrier()
