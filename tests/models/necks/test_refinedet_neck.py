import pytest
import torch

from mmdet_sodgan.models.necks import RefineDetNeck


@pytest.fixture
def neck():
    return RefineDetNeck([4, 6, 8], 12, 8, 16, norm_cfg=dict(type='BN')).eval()


@pytest.fixture
def feats():
    sides = (4, 16), (6, 8), (8, 4)
    return [torch.rand(2, c, side, side, requires_grad=True) for c, side in sides]


def test_both_modules_get_a_further_level(neck, feats):
    sizes = [(2, 16, side, side) for side in (16, 8, 4, 2)]
    assert [tuple(x.shape) for x in neck(feats)] == sizes * 2


@pytest.mark.parametrize(('output', 'seen'), [(0, [0]), (1, [1]), (4, [0, 1, 2])])
def test_only_the_second_module_sees_coarser_levels(neck, feats, output, seen):
    grads = torch.autograd.grad(neck(feats)[output].sum(), feats, allow_unused=True)
    assert [i for i, grad in enumerate(grads) if grad is not None] == seen
