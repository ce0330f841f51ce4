import numpy as np
import pytest
import torch

from mmdet_sodgan.models import TotalVariationLoss


def formula(sr, sizes, eps, weight):
    """Image by image, each ``(height, width)`` of ``sizes`` without its padding."""
    lengths = []
    for image, (height, width) in zip(sr, sizes, strict=True):
        for y, x in np.ndindex(height, width):
            here = image[:, y, x]
            dx = image[:, y, x + 1] - here if x + 1 < width else 0 * here
            dy = image[:, y + 1, x] - here if y + 1 < height else 0 * here
            lengths.append(np.sqrt(np.mean(dx**2 + dy**2) + eps))
    return weight * np.mean(lengths)


def inside(shape, sizes):
    valid = torch.zeros(len(sizes), *shape, dtype=torch.bool)
    for mask, (height, width) in zip(valid, sizes, strict=True):
        mask[:height, :width] = True
    return valid


def everywhere(sr):
    return torch.ones(len(sr), *sr.shape[2:], dtype=torch.bool)


@pytest.mark.parametrize('sizes', [[(4, 5), (4, 5)], [(4, 3), (2, 5)]])
def test_agrees_with_the_formula(assert_agrees, sizes):
    # eps so large that the far corner, where it stands alone, is smooth.
    loss = TotalVariationLoss(eps=1e-2, loss_weight=0.3)
    sr = np.random.default_rng(0).normal(size=(2, 3, 4, 5))
    assert_agrees(
        lambda x: loss(x, inside((4, 5), sizes)),
        lambda x: formula(x, sizes, 1e-2, 0.3),
        sr,
    )


def test_default_eps_agrees_with_the_formula(assert_agrees):
    sr = np.random.default_rng(1).normal(size=(1, 2, 3, 3))
    loss = TotalVariationLoss()
    assert_agrees(
        lambda x: loss(x, inside((3, 3), [(3, 3)])),
        lambda x: formula(x, [(3, 3)], 1e-8, 1.0),
        sr,
    )


def test_flat_map_has_a_finite_gradient():
    flat = torch.ones(1, 4, 8, 8, requires_grad=True)
    loss = TotalVariationLoss()(flat, everywhere(flat))
    loss.backward()
    torch.testing.assert_close(loss.item(), 1e-4)
    assert (flat.grad == 0).all()
