import numpy as np
import pytest
import torch
from mmcv.ops import RoIAlign

from mmdet_sodgan.models import SkipRoIExtractor

ROI_LAYER = dict(type='RoIAlign', output_size=3, sampling_ratio=2)
CHANNELS, STRIDES = [4, 6, 5], [4, 8, 16]


def make(levels=3, **kwargs):
    return SkipRoIExtractor(
        in_channels=CHANNELS[:levels],
        featmap_strides=STRIDES[:levels],
        out_channels=7,
        roi_layer=ROI_LAYER,
        **kwargs,
    )


def scene(levels=3, count=5):
    maps = zip(CHANNELS[:levels], STRIDES[:levels], strict=True)
    # Stages of a network differ in amplitude.
    feats = tuple(s**3 * torch.randn(2, c, 128 // s, 128 // s) for c, s in maps)
    corners = 20 + torch.rand(count, 2) * 40
    index = torch.arange(count)[:, None] % 2
    return feats, torch.cat(
        [index, corners, corners + 10 + 20 * torch.rand(count, 2)], 1
    )


@pytest.mark.parametrize('levels', [1, 3])
@pytest.mark.parametrize('factor', [None, 1.5])
def test_maps_are_normalised_scaled_and_mixed(levels, factor):
    """Against NumPy, on RoIs that it enlarges."""
    extractor = make(levels)
    torch.nn.init.uniform_(extractor.scale, 1, 2)
    feats, rois = scene(levels)
    found = extractor(feats, rois, factor).detach().numpy()

    centres = (rois[:, 1:3] + rois[:, 3:]) / 2
    half = (factor or 1) * (rois[:, 3:] - rois[:, 1:3]) / 2
    rois = torch.cat([rois[:, :1], centres - half, centres + half], 1)
    parts = []
    for feat, stride in zip(feats, STRIDES, strict=False):
        x = RoIAlign(3, 1 / stride, 2)(feat, rois).double().numpy()
        parts.append(x / np.sqrt((x**2).sum((1, 2, 3), keepdims=True)))
    joined = extractor.scale.detach().numpy() * np.concatenate(parts, 1)
    weight = extractor.reduce.weight.detach().numpy()[..., 0, 0]
    expected = np.einsum('oc,nchw->nohw', weight, joined)
    expected += extractor.reduce.bias.detach().numpy()[:, None, None]
    np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-4)


def test_scales_start_as_in_the_paper_and_learn():
    extractor = make()
    assert (extractor.scale == 1000).all() and extractor.scale.numel() == sum(CHANNELS)
    extractor(*scene()).square().sum().backward()
    assert extractor.scale.grad.all()


def test_map_without_a_stride_is_refused():
    with pytest.raises(ValueError, match='3 in_channels and 2 featmap_strides'):
        SkipRoIExtractor(
            in_channels=CHANNELS, featmap_strides=STRIDES[:2], roi_layer=ROI_LAYER
        )


def test_without_rois_the_shape_is_that_of_the_result():
    extractor = make()
    found = extractor(*scene(count=0))
    assert found.shape == (0, 7, 3, 3)
    found.sum().backward()
    assert not extractor.reduce.weight.grad.any()
