import pytest
import torch
import torch.nn.functional as F

from mmdet_sodgan.models.utils.projected_residual import ProjectedResidual


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
