"""What the target extractor sees of the scene, against the LR network."""

import pytest
import torch
from mmdet.models.backbones import ResNet, SwinTransformer
from mmdet.models.necks import FPN

from mmdet_sodgan.models import AtrousTeacher, Teacher

NARROW = dict(depth=18, base_channels=4, stem_channels=4)
WIDTHS = [4, 8, 16, 32]


def backbone(**kwargs):
    net = ResNet(**NARROW | kwargs)
    net.init_weights()
    for module in net.modules():
        # Statistics that a training would have left.
        if isinstance(module, torch.nn.BatchNorm2d):
            module.running_mean.normal_(std=0.1)
            module.running_var.uniform_(0.5, 2.0)
    net.eval()  # returns nothing
    return net


def neck(levels=4):
    return FPN(WIDTHS[:levels], 4, num_outs=levels).eval()


@pytest.mark.parametrize('r', [2, 4])
@pytest.mark.parametrize('options', [{}, dict(style='caffe', deep_stem=True)])
def test_every_rth_cell_is_the_lr_network_on_the_sub_sampled_image(r, options):
    net = backbone(**options)
    branch = AtrousTeacher(net, None, scale_factor=r)
    images = torch.randn(1, 3, 64 * r, 96 * r)
    for phase in (0, r - 1):
        shifted = images[..., phase:, phase:]
        levels = branch(torch.nn.functional.pad(shifted, (0, phase, 0, phase)))
        lr = torch.nn.functional.pad(shifted, (0, phase, 0, phase))[..., ::r, ::r]
        for level, expected in zip(levels, net(lr), strict=True):
            torch.testing.assert_close(
                level[..., ::r, ::r], expected, atol=1e-5, rtol=1e-4
            )


def test_weights_and_grid_are_those_of_the_plain_branch():
    parts = backbone(), neck()
    atrous, plain = AtrousTeacher(*parts), Teacher(*parts)
    atrous.load_state_dict(plain.state_dict())
    images = torch.randn(1, 3, 128, 96)
    for level, expected in zip(atrous(images), plain(images), strict=True):
        assert level.shape == expected.shape
        assert not torch.allclose(level, expected)
    # The detector itself is left alone.
    assert parts[0].conv1.dilation == (1, 1) and parts[0].maxpool.dilation == 1


def test_weights_follow_the_detectors():
    net, trained = backbone(), backbone()
    branch = AtrousTeacher(net, None)
    branch.update(trained, None)
    images = torch.randn(1, 3, 128, 128)
    expected = trained(images[..., ::2, ::2])[-1]
    torch.testing.assert_close(
        branch(images)[-1][..., ::2, ::2], expected, atol=1e-5, rtol=1e-4
    )


def seen(net, side, level, cell):
    """First and last column of the image that a cell's column depends on.

    A column of NaN goes through every layer, maximum and ReLU included.
    """
    images = torch.zeros(side, 3, 32, side)
    images[range(side), :, :, range(side)] = torch.nan
    with torch.no_grad():
        out = net(images)[level]
    (columns,) = out[:, 0, 0, cell].isnan().nonzero(as_tuple=True)
    return int(columns[0]), int(columns[-1])


@pytest.mark.parametrize('r', [2, 4])
@pytest.mark.parametrize('level', [0, 1])
def test_receptive_field_covers_the_same_part_of_the_scene(r, level):
    net = backbone(out_indices=(0, 1))
    side, stride = 192, (4, 8)[level]
    cell = side // stride // 2
    first, last = seen(net, side, level, cell)
    assert 0 < first < last < side - 1  # the image does not cut it off
    atrous = AtrousTeacher(net, None, scale_factor=r)
    assert seen(atrous, r * side, level, r * cell) == (r * first, r * last)
    # Without dilation, as many pixels, hence 1 / r of the scene.
    begin, end = seen(Teacher(net, None), r * side, level, r * cell)
    assert end - begin == last - first


@pytest.mark.parametrize('cell', [24, 25])
def test_receptive_field_through_the_fpn_is_off_by_half_a_coarse_cell(cell):
    r, side, coarse = 2, 192, 8
    parts = backbone(out_indices=(0, 1)), neck(2)
    plain = Teacher(*parts)
    lr = seen(plain, side, 0, cell)
    hr = seen(AtrousTeacher(*parts, scale_factor=r), r * side, 0, r * cell)
    assert 0 < lr[0] < lr[1] < side - 1
    assert all(
        abs(found / r - expected) <= coarse / 2
        for found, expected in zip(hr, lr, strict=True)
    )
    begin, end = seen(plain, r * side, 0, r * cell)
    assert end - begin < 1.1 * (lr[1] - lr[0])


@pytest.mark.parametrize(
    'parts, message',
    [
        ((SwinTransformer, dict(embed_dims=12, depths=(1, 1, 1, 1))), 'SwinTransf'),
        ((ResNet, NARROW | dict(avg_down=True)), r"cannot dilate '.*', a AvgPool2d"),
    ],
    ids=['swin', 'avg_down'],
)
def test_what_cannot_be_dilated_is_named(parts, message):
    kind, kwargs = parts
    with pytest.raises(ValueError, match=message):
        AtrousTeacher(kind(**kwargs), None)
