import numpy as np
import torch

from mmdet_sodgan.models import TotalVariationLoss


def formula(sr, eps, weight):
    count, channels, height, width = sr.shape
    total = 0.0
    for n in range(count):
        for y in range(height):
            for x in range(width):
                here = sr[n, :, y, x]
                dx = sr[n, :, y, x + 1] - here if x + 1 < width else 0
                dy = sr[n, :, y + 1, x] - here if y + 1 < height else 0
                square = np.sum(dx**2 + dy**2 + np.zeros(channels)) / channels
                total += np.sqrt(square + eps)
    return weight * total / (count * height * width)


def test_agrees_with_the_formula(assert_agrees):
    # eps so large that the far corner, where it stands alone, is smooth.
    loss = TotalVariationLoss(eps=1e-2, loss_weight=0.3)
    sr = np.random.default_rng(0).normal(size=(2, 3, 4, 5))
    assert_agrees(loss, lambda x: formula(x, 1e-2, 0.3), sr)


def test_default_eps_agrees_with_the_formula(assert_agrees):
    sr = np.random.default_rng(1).normal(size=(1, 2, 3, 3))
    assert_agrees(TotalVariationLoss(), lambda x: formula(x, 1e-8, 1.0), sr)


def test_ramp_costs_its_slope():
    # Zero difference at the far border: 7 of 8 columns have the slope.
    ramp = torch.arange(8.0).mul(3).expand(1, 4, 8, 8)
    loss = TotalVariationLoss()(ramp)
    torch.testing.assert_close(loss.item(), 3 * 7 / 8, atol=1e-4, rtol=0)


def test_flat_map_has_a_finite_gradient():
    flat = torch.ones(1, 4, 8, 8, requires_grad=True)
    loss = TotalVariationLoss()(flat)
    loss.backward()
    torch.testing.assert_close(loss.item(), 1e-4)
    assert (flat.grad == 0).all()


def test_size_does_not_depend_on_the_width_of_the_network():
    sr = torch.rand(1, 4, 8, 8)
    loss = TotalVariationLoss()
    torch.testing.assert_close(loss(sr.repeat(1, 5, 1, 1)), loss(sr))
