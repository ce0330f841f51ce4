import numpy as np
import pytest
import torch

from mmdet_sodgan.models import FeatureMSELoss

RNG = np.random.default_rng(0)
SHAPE = (2, 3, 4, 5)
SR, HR = RNG.normal(0, 1, SHAPE), RNG.normal(0, 2, SHAPE)
VALID = np.ones((2, 4, 5), bool)
VALID[0, :, 3:] = False
VALID[1, 2:] = False
# Reaches into the padding, as a box at the border may.
FOREGROUND = np.zeros_like(VALID)
FOREGROUND[0, 1:3, 1:5] = True


def formula(sr, hr, valid, foreground, share, relative, weight):
    """Position by position; the target's own gradient is not wanted."""
    inside, power = {True: [], False: []}, []
    for n, y, x in np.argwhere(valid):
        error = ((sr[n, :, y, x] - hr[n, :, y, x]) ** 2).mean()
        inside[bool(foreground[n, y, x])].append(error)
        power.append((hr[n, :, y, x] ** 2).mean())
    if share is None:
        loss = np.mean(inside[True] + inside[False])
    else:
        loss = share * np.mean(inside[True] or [0.0])
        loss += (1 - share) * np.mean(inside[False] or [0.0])
    return weight * loss / (np.mean(power) if relative else 1)


@pytest.mark.parametrize('relative', [True, False])
@pytest.mark.parametrize('share', [None, 0.0, 0.5, 0.8, 1.0])
def test_agrees_with_the_formula(assert_agrees, share, relative):
    loss = FeatureMSELoss(share, relative, loss_weight=0.7)
    hr, valid, foreground = (torch.from_numpy(x) for x in (HR, VALID, FOREGROUND))
    assert_agrees(
        lambda sr: loss(sr, hr, valid, foreground),
        lambda sr: formula(sr, HR, VALID, FOREGROUND, share, relative, 0.7),
        SR,
    )


def test_no_foreground_leaves_the_share_of_the_background():
    valid, hr, sr = (torch.from_numpy(x) for x in (VALID, HR, SR))
    nothing = torch.zeros_like(valid)
    whole = FeatureMSELoss(None)(sr, hr, valid, nothing)
    torch.testing.assert_close(FeatureMSELoss(0.3)(sr, hr, valid, nothing), 0.7 * whole)


def test_target_of_zeros_gives_a_finite_loss():
    valid = torch.ones(1, 4, 5, dtype=torch.bool)
    zeros = torch.zeros(1, 3, 4, 5)
    assert FeatureMSELoss()(zeros, zeros, valid, ~valid) == 0


@pytest.mark.parametrize('share', [-0.1, 1.1])
def test_share_outside_its_range_is_named(share):
    with pytest.raises(ValueError, match=rf'foreground_weight is {share}; .*\[0, 1\]'):
        FeatureMSELoss(foreground_weight=share)
