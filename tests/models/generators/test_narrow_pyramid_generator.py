import numpy as np
import pytest
import torch

from mmdet_sodgan.models.generators import NarrowPyramidGenerator
from mmdet_sodgan.models.generators.pyramid_generator import enlarge


@pytest.fixture(params=[2, 4])
def generator(request):
    torch.manual_seed(0)
    made = NarrowPyramidGenerator(
        in_channels=16,
        scale_factor=request.param,
        skip_channels=8,
        mid_channels=6,
        num_blocks=1,
    )
    made.init_weights()
    return made.eval()


@pytest.fixture
def inputs():
    torch.manual_seed(1)
    return (
        torch.randn(2, 3, 64, 96),
        torch.randn(2, 8, 16, 24),
        3 + torch.randn(2, 16, 16, 24),
    )


def wake(generator):
    torch.nn.init.normal_(generator.mix.weight, std=0.1)


def test_shapes_follow_from_the_strides(generator, inputs):
    r = generator.scale_factor
    fine = generator(*inputs)
    assert fine.map.shape == (2, 6, r * 16, r * 24)
    assert fine.dense().shape == (2, 16, r * 16, r * 24)
    assert fine.scale_factor == r


def test_starts_from_the_enlarged_level(generator, inputs):
    fine = generator(*inputs)
    expected = generator.project(
        enlarge(generator.reduce(inputs[2]), fine.map.shape[-1] // 24)
    )
    torch.testing.assert_close(fine.dense(), expected, rtol=0, atol=1e-6)


def test_start_keeps_the_principal_axes_of_the_level(generator, inputs):
    feat = inputs[2]
    generator.start_from(feat)
    cells = feat.double().permute(0, 2, 3, 1).reshape(-1, 16).numpy()
    mean = cells.mean(0)
    axes = np.linalg.svd(cells - mean, full_matrices=False)[2][:6]
    expected = (cells - mean) @ axes.T @ axes + mean
    with torch.no_grad():
        found = generator.project(generator.reduce(feat))
        variance = generator.reduce(feat).var().item()
    found = found.permute(0, 2, 3, 1).reshape(-1, 16).numpy()
    np.testing.assert_allclose(found, expected, atol=1e-4)
    assert variance == pytest.approx(1, rel=0.01)


def test_start_of_a_map_as_wide_as_the_level_keeps_all_of_it():
    generator = NarrowPyramidGenerator(in_channels=4, mid_channels=8, num_blocks=0)
    generator.init_weights()
    feat = torch.randn(2, 4, 8, 8)
    generator.start_from(feat)
    with torch.no_grad():
        found = generator.project(generator.reduce(feat))
    torch.testing.assert_close(found, feat, rtol=0, atol=1e-4)


def test_start_of_a_constant_level_is_finite(generator):
    generator.start_from(torch.ones(1, 16, 4, 4))
    assert all(p.isfinite().all() for p in generator.parameters())


def test_every_source_reaches_the_map(generator, inputs):
    wake(generator)
    inputs = [x.requires_grad_() for x in inputs]
    generator(*inputs).map.square().sum().backward()
    assert all(x.grad.abs().sum() > 0 for x in inputs)


def test_another_stride_is_refused(generator, inputs):
    image, skip, feat = inputs
    with pytest.raises(ValueError, match=r'generator\.in_stride=4 needs \(16, 24\)'):
        generator(image, skip, feat[..., :12])
