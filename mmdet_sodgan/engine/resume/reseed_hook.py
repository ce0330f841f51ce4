import random

import numpy as np
import torch
from mmdet.registry import HOOKS
from mmengine.dist import get_rank
from mmengine.hooks import Hook
from mmengine.runner import Runner


@HOOKS.register_module()
class ReseedHook(Hook):
    """Seed the random generators anew at the start of every epoch.

    mmengine seeds once, at start-up, and does not save the generators; a
    resumed run would therefore sample other RoIs and flips than the
    uninterrupted one. With a seed that follows from the run's seed, the epoch
    and the rank both see the same numbers.

    Loader workers have generators of their own, which mmengine seeds with
    ``num_workers * rank + worker + seed`` when a worker starts. With
    ``persistent_workers=False`` (the configs for DeepPCB and the synthetic
    set) that is at every epoch: a worker draws the same sequence in each, for
    images in another order, and a resumed run draws what the uninterrupted one
    did. With ``persistent_workers=True`` (mmdet's COCO config, kept as it is)
    the sequence goes on from epoch to epoch and starts over on resume, which
    is then not exact.
    """

    priority = 'VERY_HIGH'

    def before_train_epoch(self, runner: Runner) -> None:
        """Seed Python, NumPy and torch (all devices)."""
        seed = np.random.SeedSequence([runner.seed, runner.epoch, get_rank()])
        value = int(seed.generate_state(1)[0])
        random.seed(value)
        np.random.seed(value)
        torch.manual_seed(value)
