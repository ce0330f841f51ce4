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


def test_image_costs_the_same_whatever_it_is_padded_to():
    image = torch.rand(1, 3, 5, 4)
    alone = TotalVariationLoss()(image, everywhere(image))
    padded = 100 * torch.rand(1, 3, 8, 8)
    padded[..., :5, :4] = image
    loss = TotalVariationLoss()(padded, inside((8, 8), [(5, 4)]))
    torch.testing.assert_close(loss, alone)


def test_batch_costs_the_mean_over_the_positions_of_its_images():
    sr, loss = torch.rand(2, 3, 8, 8), TotalVariationLoss()
    sizes = [(5, 4), (8, 6)]
    single = [
        loss(x[None], inside((8, 8), [size])) for x, size in zip(sr, sizes, strict=True)
    ]
    expected = (20 * single[0] + 48 * single[1]) / 68
    torch.testing.assert_close(loss(sr, inside((8, 8), sizes)), expected)


def test_padding_receives_no_gradient():
    sr, valid = torch.rand(1, 3, 8, 8, requires_grad=True), inside((8, 8), [(5, 4)])
    TotalVariationLoss()(sr, valid).backward()
    touched = sr.grad.abs().sum(1) > 0
    assert torch.equal(touched, valid)


def test_ramp_costs_its_slope():
    # Zero difference at the far border: 7 of 8 columns have the slope.
    ramp = torch.arange(8.0).mul(3).expand(1, 4, 8, 8)
    loss = TotalVariationLoss()(ramp, everywhere(ramp))
    torch.testing.assert_close(loss.item(), 3 * 7 / 8, atol=1e-4, rtol=0)


def test_flat_map_has_a_finite_gradient():
    flat = torch.ones(1, 4, 8, 8, requires_grad=True)
    loss = TotalVariationLoss()(flat, everywhere(flat))
    loss.backward()
    torch.testing.assert_close(loss.item(), 1e-4)
    assert (flat.grad == 0).all()


def test_size_does_not_depend_on_the_width_of_the_network():
    sr = torch.rand(1, 4, 8, 8)
    loss, valid = TotalVariationLoss(), everywhere(sr)
    torch.testing.assert_close(loss(sr.repeat(1, 5, 1, 1), valid), loss(sr, valid))
