import pytest
import torch

from mmdet_sodgan.models.necks import BiFPN


@pytest.fixture
def neck():
    return BiFPN([4, 6, 8], out_channels=8, num_layers=1, norm_cfg=dict(type='BN'))


def levels(height, width):
    """Levels of strides 8, 16 and 32."""
    return tuple(
        torch.randn(2, channels, -(-height // stride), -(-width // stride))
        for channels, stride in ((4, 8), (6, 16), (8, 32))
    )


def test_levels_halve_rounded_up(neck):
    maps = neck(levels(200, 136))
    sizes = [(25, 17), (13, 9), (7, 5), (4, 3), (2, 2)]
    assert [tuple(x.shape) for x in maps] == [(2, 8, *size) for size in sizes]


def test_one_layer_fuses_what_the_published_figure_joins(neck):
    """Figure 2 (d), each edge with the node of its arrow's head."""
    neck.eval()
    feats = levels(128, 128)
    given = [lateral(x) for lateral, x in zip(neck.laterals, feats, strict=False)]
    pool = torch.nn.MaxPool2d(3, 2, 1)
    given.append(pool(neck.laterals[3](feats[-1])))
    given.append(pool(given[-1]))
    p3, p4, p5, p6, p7 = given
    up = torch.nn.Upsample(scale_factor=2)
    (layer,) = neck.layers
    td6, td5, td4, out3 = layer.top_down
    m6 = td6(p6, up(p7))
    m5 = td5(p5, up(m6))
    m4 = td4(p4, up(m5))
    n3 = out3(p3, up(m4))
    out4, out5, out6, out7 = layer.bottom_up
    n4 = out4(p4, m4, pool(n3))
    n5 = out5(p5, m5, pool(n4))
    n6 = out6(p6, m6, pool(n5))
    n7 = out7(p7, pool(n6))
    torch.testing.assert_close(neck(feats), (n3, n4, n5, n6, n7), rtol=0, atol=0)


def test_pyramid_without_a_coarser_level_is_refused():
    with pytest.raises(ValueError, match='num_outs is 3, but .* the 3 levels'):
        BiFPN([4, 6, 8], 8, num_layers=1, norm_cfg=dict(type='BN'), num_outs=3)
