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
    and the rank both see the same numbers. Loader workers draw from them when
    they are started, so keep ``persistent_workers=False`` where a resumed run
    must be exact.
    """

    priority = 'VERY_HIGH'

    def before_train_epoch(self, runner: Runner) -> None:
        """Seed Python, NumPy and torch (all devices)."""
        seed = np.random.SeedSequence([runner.seed, runner.epoch, get_rank()])
        value = int(seed.generate_state(1)[0])
        random.seed(value)
        np.random.seed(value)
        torch.manual_seed(value)
