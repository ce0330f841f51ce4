import pytest
import torch
import torch.nn.functional as F

from mmdet_sodgan.models.utils.projected_residual import ProjectedResidual


@pytest.mark.parametrize(
    ('kernel', 'stride', 'padding', 'sizes'),
    [
        (1, 1, 0, {5: 5, 1: 1}),
        (3, 2, 1, {20: 10, 10: 5, 2: 1}),
        (3, 1, 0, {5: 3, 3: 1}),
    ],
)
def test_output_has_the_size_of_the_second_convolution(kernel, stride, padding, sizes):
    block = ProjectedResidual(6, 8, kernel, stride, padding)
    for side, expected in sizes.items():
        found = block(torch.randn(2, 6, side, side))
        assert found.shape == (2, 8, expected, expected)
        assert found.min() >= 0


@pytest.mark.parametrize(('stride', 'padding'), [(2, 1), (1, 0)])
def test_block_is_three_convolutions_beside_one_at_the_same_cells(stride, padding):
    """Its BatchNorm is the identity before it has learned, but for its epsilon."""
    block = ProjectedResidual(6, 8, 3, stride, padding).eval()
    x = torch.randn(1, 6, 7, 7)
    first, second, third = (module.conv.weight for module in block.branch)
    inner = F.relu(F.conv2d(F.relu(F.conv2d(x, first)), second, None, stride, padding))
    centres = x[..., 1 - padding : 6 + padding : stride, 1 - padding : 6 + padding]
    centres = centres[..., ::stride]
    expected = F.conv2d(inner, third) + F.conv2d(centres, block.skip[1].conv.weight)
    torch.testing.assert_close(block(x), expected.relu(), rtol=1e-3, atol=1e-4)
