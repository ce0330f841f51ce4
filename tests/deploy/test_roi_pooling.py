import pytest
import torch
from mmdet.models.roi_heads.roi_extractors import SingleRoIExtractor

from mmdet_sodgan.deploy.roi_pooling import pool_levels


@pytest.mark.parametrize('side', [10.0, 100.0, None])
@pytest.mark.parametrize('num_levels', [1, 3])
def test_rois_are_pooled_from_the_levels_of_mmdets_extractor(num_levels, side):
    layer = dict(type='RoIAlign', output_size=5, sampling_ratio=2)
    extractor = SingleRoIExtractor(layer, 4, [2, 4, 8][:num_levels], finest_scale=14)
    feats = tuple(torch.randn(2, 4, 64 >> i, 64 >> i) for i in range(num_levels))
    corner = torch.rand(30, 2) * 60
    # None: RoIs of all levels.
    sides = torch.rand(30, 1) * 100 + 1 if side is None else side
    images = torch.arange(30)[:, None] % 2
    rois = torch.cat([images, corner, corner + sides], 1)
    if side is None and num_levels == 3:
        assert len(extractor.map_roi_levels(rois, 3).unique()) == 3
    pooled = pool_levels(extractor, feats, rois)
    torch.testing.assert_close(pooled, extractor(feats, rois))
