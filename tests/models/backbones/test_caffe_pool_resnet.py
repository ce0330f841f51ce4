import pytest
import torch

from mmdet_sodgan.models import CaffePoolResNet


@pytest.mark.parametrize(('side', 'cells'), [(321, (40, 20)), (513, (64, 32))])
def test_maps_have_the_sizes_of_dssds_table(side, cells):
    """Fu et al.: conv3 and conv5 of ResNet-101; strides are the same in ResNet-50."""
    backbone = CaffePoolResNet(
        depth=50,
        base_channels=2,
        strides=(1, 2, 2, 1),
        dilations=(1, 1, 1, 2),
        out_indices=(1, 3),
        style='caffe',
    )
    with torch.no_grad():
        maps = backbone(torch.rand(1, 3, side, side))
    assert [x.shape[-2:] for x in maps] == [(n, n) for n in cells]


def test_first_pooling_takes_the_largest_of_three_without_padding():
    """Rounded up: the last window lacks what is outside."""
    pool = CaffePoolResNet(depth=18).maxpool
    x = torch.arange(8.0)
    expected = torch.tensor([2.0, 4, 6, 7])
    torch.testing.assert_close(pool(x.expand(1, 1, 8, 8))[0, 0, 0], expected)
