import numpy as np
import pytest
import torch

from mmdet_sodgan.models import PyramidGenerator
from mmdet_sodgan.models.generators.pyramid_generator import enlarge


def make(**kwargs):
    kwargs = dict(in_channels=8, mid_channels=8, num_blocks=1) | kwargs
    generator = PyramidGenerator(**kwargs)
    generator.init_weights()
    return generator


def inputs(stride, size=(64, 96), channels=8, skip_channels=6):
    h, w = size[0] // stride, size[1] // stride
    return (
        torch.rand(2, 3, *size),
        torch.rand(2, skip_channels, h, w),
        torch.rand(2, channels, h, w),
    )


def wake(generator):
    """Move the last layer off its zeros, as the first update does."""
    torch.nn.init.normal_(generator.project.weight)


@pytest.mark.parametrize('stride', [4, 16])
@pytest.mark.parametrize('r', [2, 4])
@pytest.mark.parametrize('image_stem', [True, False])
@pytest.mark.parametrize('skip_channels', [None, 6])
def test_output_is_r_times_as_large(r, stride, image_stem, skip_channels):
    generator = make(
        in_stride=stride,
        scale_factor=r,
        skip_channels=skip_channels,
        image_stem=image_stem,
    )
    wake(generator)
    image, skip, feat = inputs(stride)
    sr = generator(image, skip, feat)
    assert sr.shape == (2, 8, r * 64 // stride, r * 96 // stride)
    assert generator.out_stride == stride // r
    # The residual is really added, whichever sources it has.
    assert not torch.allclose(sr, enlarge(feat, r))


@pytest.mark.parametrize('r', [2, 4])
def test_starts_as_bilinear_enlargement(r):
    generator = make(scale_factor=r, skip_channels=6)
    image, skip, feat = inputs(4)
    torch.testing.assert_close(
        generator(image, skip, feat), enlarge(feat, r), rtol=0, atol=0
    )


@pytest.mark.parametrize('source', [0, 1, 2], ids=['image', 'skip', 'feat'])
def test_every_source_reaches_the_residual(source):
    generator = make(skip_channels=6)
    wake(generator)
    sources = list(inputs(4))
    before = generator(*sources) - enlarge(sources[2], 2)
    sources[source] = sources[source].flip(0)
    after = generator(*sources) - enlarge(sources[2], 2)
    assert (before - after).abs().max() > 1e-4


def test_every_parameter_and_input_takes_a_gradient():
    generator = make(scale_factor=4, skip_channels=6)
    wake(generator)
    sources = [x.requires_grad_() for x in inputs(4)]
    generator(*sources).square().sum().backward()
    for name, parameter in generator.named_parameters():
        assert parameter.grad.abs().sum() > 0, name
    for x in sources:
        assert x.grad.abs().sum() > 0


def test_first_update_leaves_the_zero_initialisation():
    generator = make()
    image, skip, feat = inputs(4)
    generator(image, skip, feat).square().sum().backward()
    assert generator.project.weight.grad.abs().sum() > 0


@pytest.mark.parametrize('r', [1, 3, 8])
def test_scale_factor_must_be_2_or_4(r):
    with pytest.raises(ValueError, match=rf'scale_factor \(r\) is {r}; .* 2 or 4'):
        PyramidGenerator(scale_factor=r)


@pytest.mark.parametrize('stride, r', [(6, 4), (6, 2), (2, 4)])
def test_stride_must_suit_the_scale_factor(stride, r):
    with pytest.raises(ValueError, match=rf'in_stride is {stride}; .*scale_factor {r}'):
        PyramidGenerator(in_stride=stride, scale_factor=r)


def test_level_of_another_stride_is_named_with_sizes_and_key():
    generator = make(in_stride=8)
    image, _, feat = inputs(4)
    message = (
        r'finest level is \(16, 24\) for an input of \(64, 96\) px, '
        r'but generator\.in_stride=8 needs \(8, 12\)'
    )
    with pytest.raises(ValueError, match=message):
        generator(image, None, feat)


@pytest.mark.parametrize('r', [2, 4])
def test_enlargement_equals_numpys_linear_interpolation_at_j_over_r(r):
    feat = np.random.default_rng(0).normal(size=(5, 7))

    def interpolate(rows):
        positions = np.arange(r * rows.shape[1]) / r
        return np.stack([np.interp(positions, range(len(x)), x) for x in rows])

    expected = interpolate(interpolate(feat).T).T
    result = enlarge(torch.from_numpy(feat)[None, None], r)[0, 0].numpy()
    np.testing.assert_allclose(result, expected, atol=1e-12)


@pytest.mark.parametrize('size', [(1, 1), (1, 4), (3, 2)])
@pytest.mark.parametrize('r', [2, 4])
def test_enlargement_has_the_gradient_of_finite_differences(r, size):
    feat = torch.randn(1, 2, *size, dtype=torch.float64, requires_grad=True)
    assert enlarge(feat, r).shape == (1, 2, r * size[0], r * size[1])
    torch.autograd.gradcheck(lambda x: enlarge(x, r), feat)


def test_enlarged_level_lies_on_the_grid_of_the_high_resolution_level():
    """A ramp seen by strided convolutions shows where their cells lie."""
    x = torch.arange(128.0).expand(1, 1, 128, 128)
    blur = torch.full((1, 1, 3, 3), 1 / 9)

    def stride_4_level(image):
        for _ in range(2):
            image = torch.nn.functional.conv2d(image, blur, stride=2, padding=1)
        return image

    # HR pixel j and LR pixel j / 2 show the same place.
    lr, hr = stride_4_level(x[..., ::2, ::2]), stride_4_level(x)
    inside = (..., slice(4, -4), slice(4, -4))
    torch.testing.assert_close(enlarge(lr, 2)[inside], hr[inside])
