import pytest
import torch
from mmcv.ops import RoIAlign

from mmdet_sodgan.models import FovealRoIExtractor

CHANNELS, STRIDES = [4, 6, 5], [4, 8, 16]


def make(**kwargs):
    return FovealRoIExtractor(
        in_channels=CHANNELS,
        featmap_strides=STRIDES,
        out_channels=7,
        roi_layer=dict(type='RoIAlign', output_size=3, sampling_ratio=2),
        **kwargs,
    )


def scene():
    maps = zip(CHANNELS, STRIDES, strict=True)
    feats = tuple(torch.randn(2, c, 128 // s, 128 // s) for c, s in maps)
    return feats, torch.tensor([[0.0, 40, 48, 60, 72], [1, 50, 40, 90, 56]])


def test_regions_are_those_of_the_paper_side_by_side():
    """A region at a time, its corners written out."""
    extractor = make()
    (conv3, conv4, conv5), rois = scene()
    found = extractor((conv3, conv4, conv5), rois).split(7, 1)
    index, x, y, x2, y2 = rois.T
    w, h = x2 - x, y2 - y
    regions = [
        (0, [conv3, conv4, conv5]),
        (0.25, [conv4, conv5]),
        (0.5, [conv4, conv5]),
        (1.5, [conv5]),
    ]
    for i, (margin, maps) in enumerate(regions):
        corners = [x - margin * w, y - margin * h, x2 + margin * w, y2 + margin * h]
        boxes = torch.stack([index, *corners], 1)
        parts = []
        for feat in maps:
            pooled = RoIAlign(3, feat.shape[-1] / 128, 2)(feat, boxes)
            norm = pooled.flatten(1).norm(dim=1)[:, None, None, None]
            parts.append(pooled / norm)
        expected = extractor.regions[i].reduce(1000 * torch.cat(parts, 1))
        torch.testing.assert_close(found[i], expected, rtol=1e-3, atol=1e-3)


def test_every_map_and_region_learns():
    extractor = make()
    feats, rois = scene()
    for feat in feats:
        feat.requires_grad_()
    extractor(feats, rois).square().sum().backward()
    assert all(feat.grad.any() for feat in feats)
    assert all(weight.grad.any() for weight in extractor.parameters())


def test_regions_without_a_number_of_maps_are_refused():
    with pytest.raises(ValueError, match='2 scales and 1 num_maps'):
        make(scales=(1.0, 2.0), num_maps=(3,))


def test_more_maps_than_there_are_are_refused():
    with pytest.raises(ValueError, match='num_maps is .* but there are 3 maps'):
        make(scales=(1.0, 2.0), num_maps=(4, 1))
