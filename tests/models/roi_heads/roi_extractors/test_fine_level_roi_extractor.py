import pytest
import torch
from mmdet.models.roi_heads.roi_extractors import SingleRoIExtractor

from mmdet_sodgan.models.roi_heads import FineLevelRoIExtractor
from mmdet_sodgan.models.utils import FineLevel

SIDE = 128


@pytest.fixture(params=[0, 2])
def extractors(request):
    """Ours and mmdet's, of the same options, with either kind of sampling."""

    def make(fine_stride):
        options = dict(
            roi_layer=dict(
                type='RoIAlign', output_size=7, sampling_ratio=request.param
            ),
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


@pytest.mark.parametrize('fine_stride', [2, 1])
@pytest.mark.parametrize('sides', [(5, 40, 90, 120), (5, 8, 12), (40, 70), ()])
def test_gradients_are_those_of_pooling_z_sr(extractors, fine_stride, sides):
    ours, mmdets = extractors(fine_stride)
    fine, others = make_levels(fine_stride)
    rois = make_rois(*sides)
    leaves = [fine.map, *fine.project.parameters(), *others]
    weights = torch.randn(len(sides), 16, 7, 7)
    gradients = []
    for extractor, first in ((ours, fine), (mmdets, fine.dense)):
        for leaf in leaves:
            leaf.requires_grad_()
        first = first() if extractor is mmdets else first
        total = (weights * extractor((first, *others), rois)).sum()
        gradients.append(torch.autograd.grad(total, leaves, materialize_grads=True))
    torch.testing.assert_close(*gradients, rtol=1e-5, atol=1e-4)
    if len(sides) == 4:
        assert all(x.any() for x in gradients[0])


def test_every_part_is_in_the_graph_without_a_roi(extractors):
    """Distributed training waits for the gradient of every parameter."""
    ours, _ = extractors(2)
    fine, others = make_levels(2)
    leaves = [fine.map.requires_grad_(), *fine.project.parameters()]
    pooled = ours((fine, *others), make_rois())
    gradients = torch.autograd.grad(pooled.sum(), leaves)
    assert pooled.shape == (0, 16, 7, 7) and not any(x.any() for x in gradients)
