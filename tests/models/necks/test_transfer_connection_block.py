import pytest
import torch
from torch import nn

from mmdet_sodgan.models.necks import TransferConnectionBlock


@pytest.fixture
def block():
    return TransferConnectionBlock(6, 4, dict(type='BN'), is_coarsest=False)


def test_adds_the_coarser_block_enlarged(block):
    block.conv1 = block.conv2 = block.conv3 = nn.Identity()
    block.enlarge = nn.Upsample(scale_factor=2)
    x, above = torch.randn(2, 4, 5, 8), torch.randn(2, 4, 3, 4)
    enlarged = above.repeat_interleave(2, 2).repeat_interleave(2, 3)[:, :, :5]
    torch.testing.assert_close(block(x, above), (x + enlarged).clamp(min=0))


def test_gives_its_own_width_at_the_size_of_the_level(block):
    out = block(torch.rand(2, 6, 5, 7), torch.rand(2, 4, 3, 4))
    assert out.shape == (2, 4, 5, 7)


def test_coarsest_stands_alone_and_has_no_deconvolution():
    block = TransferConnectionBlock(6, 4, dict(type='BN'), is_coarsest=True)
    assert block(torch.rand(2, 6, 5, 7)).shape == (2, 4, 5, 7)
    assert not hasattr(block, 'enlarge')
