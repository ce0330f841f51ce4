import pytest
import torch
from mmdet.models.roi_heads.roi_extractors import SingleRoIExtractor

from mmdet_sodgan.deploy.roi_pooling import pool_levels
from mmdet_sodgan.models.utils import FineLevel


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


def test_a_fine_level_is_pooled_as_z_sr():
    layer = dict(type='RoIAlign', output_size=5, sampling_ratio=2)
    extractor = SingleRoIExtractor(layer, 4, [2, 4], finest_scale=14)
    fine = FineLevel(torch.randn(2, 3, 32, 32), torch.nn.Conv2d(3, 4, 1), 2)
    coarse = torch.randn(2, 4, 16, 16)
    ends = ((0, 5.0), (1, 40.0), (1, 9.0), (0, 50.0))
    rois = torch.tensor([[image, 4, 4, end, end] for image, end in ends])
    pooled = pool_levels(extractor, (fine, coarse), rois)
    assert len(pooled.fine) == 2
    expected = extractor((fine.dense(), coarse), rois)
    torch.testing.assert_close(pooled.dense(), expected, rtol=0, atol=1e-5)
