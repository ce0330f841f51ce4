import torch
from torch import nn

from mmdet_sodgan.models.utils import CenterPool


def test_pools_the_maximum_of_a_row_and_that_of_a_column():
    pool = CenterPool(channels=3)
    for name in ('direction1_conv', 'direction2_conv', 'aftpool_conv', 'conv2'):
        setattr(pool, name, nn.Identity())
    nn.init.zeros_(pool.conv1.conv.weight)  # what does not go through the pools
    x = torch.rand(2, 3, 5, 7)
    expected = x.amax(2, keepdim=True) + x.amax(3, keepdim=True)
    torch.testing.assert_close(pool(x), expected.expand(2, 3, 5, 7))
