import numpy as np
import pytest
import torch
import torch.nn.functional as F

from mmdet_sodgan.models import Degradation, ImageGenerator


def make(**kwargs):
    generator = ImageGenerator(**dict(mid_channels=8, num_blocks=1) | kwargs)
    generator.init_weights()
    return generator


def wake(generator):
    """Move the last layer off its zeros, as the first update does."""
    torch.nn.init.normal_(generator.project.weight, std=0.1)


@pytest.mark.parametrize('r', [2, 4])
@pytest.mark.parametrize('norm_cfg', [None, dict(type='GN', num_groups=4)])
def test_output_is_r_times_as_large(r, norm_cfg):
    generator = make(scale_factor=r, norm_cfg=norm_cfg)
    wake(generator)
    images = torch.rand(2, 3, 12, 20)
    sr = generator(images)
    assert sr.shape == (2, 3, 12 * r, 20 * r)
    # The residual is really added.
    assert not torch.allclose(sr, F.interpolate(images, scale_factor=r))


@pytest.mark.parametrize('r', [2, 4])
def test_starts_as_numpys_linear_interpolation_at_half_pixel_centres(r):
    image = np.random.default_rng(0).normal(size=(5, 7)).astype('float32')

    def interpolate(rows):
        positions = (np.arange(r * rows.shape[1]) + 0.5) / r - 0.5
        return np.stack([np.interp(positions, range(len(x)), x) for x in rows])

    expected = interpolate(interpolate(image).T).T
    images = torch.from_numpy(image).expand(1, 3, -1, -1)
    sr = make(scale_factor=r)(images).detach().numpy()
    np.testing.assert_allclose(sr[0, 1], expected, atol=1e-6)


@pytest.mark.parametrize('filter', ['bilinear', 'bicubic'])
@pytest.mark.parametrize('r', [2, 4])
def test_pixels_lie_where_those_of_the_hr_image_do(r, filter):
    """A ramp, degraded and enlarged, is the ramp: nothing has moved."""
    hr = torch.arange(0.0, 256.0, 2.0).expand(1, 3, 128, 128)
    lr = Degradation(filter).eval()(hr, r)
    inside = (..., slice(4 * r, -4 * r))
    # The degradation rounds to whole grey levels.
    torch.testing.assert_close(
        make(scale_factor=r)(lr)[inside], hr[inside], rtol=0, atol=0.5
    )


def test_every_parameter_and_the_input_take_a_gradient():
    generator = make(scale_factor=4)
    wake(generator)
    images = torch.rand(2, 3, 8, 8, requires_grad=True)
    generator(images).square().sum().backward()
    for name, parameter in generator.named_parameters():
        assert parameter.grad.abs().sum() > 0, name
    assert images.grad.abs().sum() > 0


def test_no_patch_gives_no_patch_and_a_gradient_of_zero():
    generator = make(norm_cfg=dict(type='GN', num_groups=4))
    wake(generator)
    sr = generator(torch.zeros(0, 3, 8, 8))
    assert sr.shape == (0, 3, 16, 16)
    sr.sum().backward()
    assert all((p.grad == 0).all() for p in generator.parameters())


@pytest.mark.parametrize('r', [1, 3, 8])
def test_scale_factor_must_be_2_or_4(r):
    with pytest.raises(ValueError, match=rf'scale_factor \(r\) is {r}; .* 2 or 4'):
        ImageGenerator(scale_factor=r)
