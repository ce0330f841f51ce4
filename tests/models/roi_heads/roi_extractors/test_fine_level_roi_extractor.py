import pytest
import torch
from mmdet.models.roi_heads.roi_extractors import SingleRoIExtractor

from mmdet_sodgan.models.roi_heads import FineLevelRoIExtractor
from mmdet_sodgan.models.utils import FineLevel

SIDE = 128


@pytest.fixture
def extractors():
    """Ours and mmdet's, of the same options."""

    def make(fine_stride):
        options = dict(
            roi_layer=dict(type='RoIAlign', output_size=7, sampling_ratio=2),
            out_channels=16,
            featmap_strides=[fine_stride, 4, 8, 16],
            finest_scale=14,
        )
        return FineLevelRoIExtractor(**options), SingleRoIExtractor(**options)

    return make


def make_levels(fine_stride):
    side = SIDE // fine_stride
    fine = FineLevel(torch.randn(2, 6, side, side), torch.nn.Conv2d(6, 16, 1), None)
    return fine, tuple(torch.randn(2, 16, SIDE // s, SIDE // s) for s in (4, 8, 16))


def make_rois(*sides):
    side = torch.tensor(sides, dtype=torch.float)[:, None]
    corner = torch.rand(len(sides), 2) * (SIDE - side)
    index = torch.arange(len(sides))[:, None] % 2
    return torch.cat([index, corner, corner + side], 1)


@pytest.mark.parametrize('fine_stride', [2, 1])
@pytest.mark.parametrize(
    'sides', [(5, 20, 40, 90, 9, 120), (5, 8, 12), (40, 70, 120), ()]
)
@pytest.mark.parametrize('enlarged', [None, 1.5])
def test_pools_as_mmdets_extractor_from_z_sr(extractors, fine_stride, sides, enlarged):
    ours, mmdets = extractors(fine_stride)
    fine, others = make_levels(fine_stride)
    rois = make_rois(*sides)
    if enlarged:
        # Samples outside of the image are 0, to which a projection adds its bias.
        rois[:, 1:] = rois[:, 1:] * 0.5 + SIDE / 4
    found = ours((fine, *others), rois, enlarged)
    expected = mmdets((fine.dense(), *others), rois, enlarged)
    assert found.shape == (len(rois), 16, 7, 7)
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-5)


def test_is_mmdets_extractor_where_all_levels_are_maps(extractors):
    ours, mmdets = extractors(2)
    fine, others = make_levels(2)
    levels, rois = (fine.dense(), *others), make_rois(5, 30, 100)
    torch.testing.assert_close(ours(levels, rois), mmdets(levels, rois), rtol=0, atol=0)


def test_every_level_and_the_projection_learn(extractors):
    ours, _ = extractors(2)
    fine, others = make_levels(2)
    leaves = [fine.map.requires_grad_(), *(x.requires_grad_() for x in others)]
    ours((fine, *others), make_rois(5, 20, 40, 90)).sum().backward()
    assert all(x.grad.abs().sum() > 0 for x in leaves[:-1])
    assert fine.project.weight.grad.abs().sum() > 0
