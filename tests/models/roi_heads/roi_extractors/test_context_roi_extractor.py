import numpy as np
import pytest
import torch
from mmdet.models.roi_heads.roi_extractors import SingleRoIExtractor

from mmdet_sodgan.models import ContextRoIExtractor

ROI_LAYER = dict(type='RoIAlign', output_size=7, sampling_ratio=2)


def arguments(levels):
    return dict(
        roi_layer=ROI_LAYER,
        out_channels=8,
        featmap_strides=[4, 8, 16, 32][:levels],
        finest_scale=28,
    )


def make(levels, **kwargs):
    extractor = ContextRoIExtractor(**arguments(levels), **kwargs)
    extractor.init_weights()
    return extractor


def scene(levels, count=20):
    feats = tuple(
        torch.randn(2, 8, 128 // s, 128 // s) for s in (4, 8, 16, 32)[:levels]
    )
    corners = torch.rand(count, 2) * 60
    sides = 4 + torch.rand(count, 2) * 60
    index = torch.arange(count)[:, None] % 2
    return feats, torch.cat([index, corners, corners + sides], 1)


@pytest.mark.parametrize('levels', [1, 4])
def test_starts_as_mmdets_extractor(levels):
    feats, rois = scene(levels)
    expected = SingleRoIExtractor(**arguments(levels))(feats, rois)
    found = make(levels)(feats, rois)
    torch.testing.assert_close(found, expected, rtol=0, atol=0)


@pytest.mark.parametrize('levels', [1, 4])
@pytest.mark.parametrize('scale', [1.5, 3.0])
def test_context_half_reads_the_enlarged_roi(levels, scale):
    """Against mmdet's extractor on RoIs that NumPy enlarges."""
    feats, rois = scene(levels)
    extractor = make(levels, context_scale=scale)
    with torch.no_grad():
        extractor.fuse.weight.copy_(extractor.fuse.weight.roll(8, 1))
    index, x1, y1, x2, y2 = rois.double().numpy().T
    cx, cy = (x1 + x2) / 2, (y1 + y2) / 2
    w, h = scale * (x2 - x1), scale * (y2 - y1)
    enlarged = np.stack([index, cx - w / 2, cy - h / 2, cx + w / 2, cy + h / 2], 1)
    expected = SingleRoIExtractor(**arguments(levels))(
        feats, torch.from_numpy(enlarged).float()
    )
    torch.testing.assert_close(extractor(feats, rois), expected, rtol=1e-4, atol=1e-4)


def test_both_halves_learn():
    feats, rois = scene(4)
    extractor = make(4)
    extractor(feats, rois).square().sum().backward()
    own, context = extractor.fuse.weight.grad.split(8, 1)
    assert own.abs().sum() > 0 and context.abs().sum() > 0


@pytest.mark.parametrize('levels', [1, 4])
def test_without_rois_the_fusion_keeps_a_place_in_the_graph(levels):
    feats, rois = scene(levels, 0)
    extractor = make(levels)
    found = extractor(feats, rois)
    assert found.shape == (0, 8, 7, 7)
    found.sum().backward()
    assert not extractor.fuse.weight.grad.any()


@pytest.mark.parametrize('scale', [1.0, 0.5])
def test_scale_that_adds_no_surroundings_is_refused(scale):
    with pytest.raises(ValueError, match=rf'context_scale is {scale}; .*above 1'):
        make(4, context_scale=scale)
