import numpy as np
import torch

from mmdet_sodgan.visualization import feature_map_image


def test_picture_is_the_channel_rms_stretched_to_the_reference():
    rng = np.random.default_rng(0)
    feat, reference = rng.normal(size=(5, 4, 6)), 2 * rng.normal(size=(5, 8, 12))
    rms = np.sqrt((feat**2).mean(0))
    scale = np.sqrt((reference**2).mean(0))
    low, high = scale.min(), np.percentile(scale, 99)
    expected = np.clip((rms - low) / (high - low), 0, 1)
    picture = feature_map_image(torch.tensor(feat), torch.tensor(reference))
    np.testing.assert_allclose(picture, expected, atol=1e-5)
    assert 0 < expected.mean() < 1  # the comparison saw more than clipped values


def test_constant_map_gives_a_finite_picture():
    assert np.isfinite(feature_map_image(torch.ones(3, 4, 4))).all()
