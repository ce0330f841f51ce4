import pytest
import torch
from torch import nn

from mmdet_sodgan.models.necks import FusionNode


@pytest.fixture
def node():
    node = FusionNode(channels=2, num_inputs=3, norm_cfg=dict(type='BN')).eval()
    # What is fused can then be seen.
    node.conv = nn.Identity()
    return node


def test_fusion_is_the_published_formula(node):
    values = [0.5, 2.0, -1.0]
    node.weights.data = torch.tensor(values)
    maps = [torch.randn(1, 2, 4, 5) for _ in values]
    # The negative weight is cut off at zero.
    expected = (0.5 * maps[0] + 2 * maps[1]) / (0.5 + 2 + 1e-4)
    torch.testing.assert_close(node(*maps), expected)


def test_weights_start_equal_and_learn(node):
    maps = [torch.full((1, 2, 4, 4), float(value)) for value in (3, 6, 9)]
    fused = node(*maps)
    torch.testing.assert_close(fused, torch.full_like(fused, 6), rtol=1e-3, atol=0)
    fused.sum().backward()
    # More weight for the largest map makes the result larger.
    assert node.weights.grad[2] > 0 > node.weights.grad[0]


def test_another_number_of_maps_is_refused(node):
    with pytest.raises(ValueError, match='shorter'):
        node(*[torch.zeros(1, 2, 4, 4)] * 2)
