import io

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from PIL import Image
from scipy.ndimage import gaussian_filter

from mmdet_sodgan.models.data_preprocessors import Degradation


@pytest.fixture
def images():
    """Two smooth-edged noise images ``(2, 3, 32, 48)``, grey levels."""
    rng = np.random.default_rng(0)
    return torch.from_numpy(rng.uniform(0, 255, (2, 3, 32, 48)).astype(np.float32))


@pytest.mark.parametrize('r', [2, 4])
@pytest.mark.parametrize('name', ['bilinear', 'bicubic'])
def test_downsampling_equals_pillows_antialiased_filter(images, r, name):
    lr = Degradation(name)(images, r)
    assert lr.shape == (2, 3, 32 // r, 48 // r)
    for image, channels in zip(images, lr, strict=True):
        for channel, found in zip(image, channels, strict=True):
            expected = Image.fromarray(channel.numpy()).resize(
                (48 // r, 32 // r), Image.Resampling[name.upper()]
            )
            levels = np.asarray(expected).round().clip(0, 255)
            np.testing.assert_array_equal(found.numpy(), levels)


@pytest.mark.parametrize('noise_std', [None, (20, 20)])
def test_lr_image_fits_eight_bits(noise_std):
    # Bicubic weights overshoot at an edge between black and white.
    edge = torch.zeros(1, 3, 64, 64)
    edge[..., 31:] = 255
    raw = F.interpolate(edge, (32, 32), mode='bicubic', antialias=True)
    assert raw.min() < -1 and raw.max() > 256
    lr = Degradation(noise_std=noise_std)(edge, 2)
    torch.testing.assert_close(lr, lr.byte().float(), rtol=0, atol=0)
    assert (lr.min(), lr.max()) == (0, 255)


@pytest.mark.parametrize('sigma', [0.6, 1.3, 2.0])
def test_blur_equals_scipys(images, sigma):
    blurred = Degradation(blur_sigma=(sigma, sigma)).eval()(images, 2)
    radius = np.ceil(3 * sigma)
    reference = gaussian_filter(
        images.double().numpy(), (0, 0, sigma, sigma), mode='nearest',
        truncate=radius / sigma,
    )  # fmt: skip
    expected = Degradation()(torch.from_numpy(reference), 2)
    np.testing.assert_allclose(blurred.numpy(), expected.numpy(), atol=1e-3)


def test_no_blur_at_sigma_zero(images):
    still = Degradation(blur_sigma=(0.0, 0.0))(images, 2)
    torch.testing.assert_close(still, Degradation()(images, 2))


def test_noise_has_the_given_spread_in_grey_levels_of_the_lr_image():
    flat = torch.full((2, 3, 256, 256), 100.0)
    for training in (True, False):
        noise = Degradation(noise_std=(4, 4)).train(training)(flat, 2) - 100
        assert noise.shape[-1] == 128
        np.testing.assert_allclose(noise.std().item(), 4, rtol=0.02)
        np.testing.assert_allclose(noise.mean().item(), 0, atol=0.1)


def test_test_time_takes_the_middle_of_each_range_and_is_reproducible(images):
    ranges = dict(blur_sigma=(0.4, 1.2), noise_std=(2, 6), jpeg_quality=(40, 80))
    middle = dict(blur_sigma=(0.8, 0.8), noise_std=(4, 4), jpeg_quality=(60, 60))
    degradation = Degradation(**ranges).eval()
    first = degradation(images, 2)
    # Neither earlier draws nor the image's place in the batch matter.
    torch.rand(7)
    torch.testing.assert_close(degradation(images, 2), first, rtol=0, atol=0)
    torch.testing.assert_close(degradation(images[1:], 2)[0], first[1])
    expected = Degradation(**middle).eval()(images, 2)
    torch.testing.assert_close(first, expected, rtol=0, atol=0)


@pytest.mark.parametrize(
    'ranges',
    [dict(blur_sigma=(0.4, 2)), dict(noise_std=(2, 6)), dict(jpeg_quality=(10, 90))],
)
def test_training_draws_anew_for_every_image(images, ranges):
    degradation = Degradation(**ranges)
    first, second = degradation(images[:1].repeat(2, 1, 1, 1), 2)
    assert not torch.allclose(first, second)


@pytest.mark.parametrize('quality', [10, 60, 95])
def test_jpeg_equals_pillows(quality):
    # Grey, as codecs differ in how they enlarge the colour planes.
    rng = np.random.default_rng(0)
    grey = torch.from_numpy(rng.integers(0, 256, (32, 48))).float()
    lr = Degradation(jpeg_quality=(quality, quality)).eval()
    found = lr(
        grey.repeat_interleave(2, 0).repeat_interleave(2, 1).expand(1, 3, 64, 96), 2
    )
    clean = Degradation()(
        grey.repeat_interleave(2, 0).repeat_interleave(2, 1).expand(1, 3, 64, 96), 2
    )
    array = clean[0].clamp(0, 255).round().byte().permute(1, 2, 0).numpy()
    buffer = io.BytesIO()
    Image.fromarray(array).save(buffer, 'jpeg', quality=quality)
    expected = np.asarray(Image.open(buffer)).astype(np.float32)
    error = np.abs(found[0].permute(1, 2, 0).numpy() - expected)
    assert error.max() <= 2
    assert np.abs(found[0].permute(1, 2, 0).numpy() - array).max() > 2


def test_caller_keeps_the_hr_image(images):
    before = images.clone()
    Degradation(blur_sigma=(1, 1), noise_std=(5, 5), jpeg_quality=(50, 50))(images, 2)
    torch.testing.assert_close(images, before, rtol=0, atol=0)


def test_unknown_filter_is_named_with_the_choices():
    with pytest.raises(ValueError, match=r"filter is 'nearest'; .*'bicubic'"):
        Degradation('nearest')


@pytest.mark.parametrize(
    'name, bounds',
    [
        ('blur_sigma', (2, 1)),
        ('blur_sigma', (-1, 1)),
        ('noise_std', (0, 256)),
        ('jpeg_quality', (0, 50)),
        ('jpeg_quality', (50, 101)),
    ],
)
def test_bad_range_is_named(name, bounds):
    with pytest.raises(ValueError, match=rf'degradation\.{name} is .*low <= high'):
        Degradation(**{name: bounds})


def test_jpeg_codes_the_same_picture_in_either_channel_order(images):
    degrade = Degradation(jpeg_quality=(40, 40)).eval()
    bgr = degrade(images, 2, is_rgb=False)
    rgb = degrade(images.flip(1), 2, is_rgb=True)
    torch.testing.assert_close(rgb.flip(1), bgr, rtol=0, atol=0)
    # Told the wrong order, the encoder takes blue for red.
    wrong = degrade(images.flip(1), 2, is_rgb=False)
    assert not torch.equal(wrong.flip(1), bgr)
