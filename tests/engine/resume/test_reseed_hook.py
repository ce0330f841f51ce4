import random
from types import SimpleNamespace

import numpy as np
import torch

from mmdet_sodgan.engine.resume import ReseedHook
from mmdet_sodgan.engine.resume import reseed_hook as module


def _draw(seed, epoch, consumed=0):
    for _ in range(consumed):
        random.random(), np.random.rand(), torch.rand(())
    ReseedHook().before_train_epoch(SimpleNamespace(seed=seed, epoch=epoch))
    return random.random(), np.random.rand(), torch.rand(()).item()


def test_an_epoch_draws_the_same_whatever_was_drawn_before():
    assert _draw(seed=3, epoch=5) == _draw(seed=3, epoch=5, consumed=7)


def test_seed_epoch_and_rank_each_change_every_generator(monkeypatch):
    draws = [_draw(3, 5), _draw(3, 6), _draw(4, 5)]
    monkeypatch.setattr(module, 'get_rank', lambda: 1)
    draws.append(_draw(3, 5))
    for values in zip(*draws, strict=True):
        assert len(set(values)) == len(draws)
