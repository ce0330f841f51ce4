import numpy as np
import pytest
import torch

from mmdet_sodgan.models import FeatureL1Loss

RNG = np.random.default_rng(0)
SR, HR = RNG.normal(0, 1, (2, 3, 4, 5)), RNG.normal(0, 2, (2, 3, 4, 5))
VALID = RNG.random((2, 4, 5)) < 0.8
FOREGROUND = RNG.random((2, 4, 5)) < 0.3


@pytest.mark.parametrize('relative', [True, False])
def test_agrees_with_the_formula(assert_agrees, relative):
    loss = FeatureL1Loss(0.3, relative, loss_weight=0.7)
    masks = torch.from_numpy(VALID), torch.from_numpy(FOREGROUND)

    def formula(sr):
        error = np.abs(sr - HR).mean(1)
        value = 0.3 * error[VALID & FOREGROUND].mean()
        value += 0.7 * error[VALID & ~FOREGROUND].mean()
        return 0.7 * value / (np.abs(HR).mean(1)[VALID].mean() if relative else 1)

    assert_agrees(lambda sr: loss(sr, torch.from_numpy(HR), *masks), formula, SR)
