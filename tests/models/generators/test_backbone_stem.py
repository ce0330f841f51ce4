import pytest
import torch
import torch.nn.functional as F
from mmdet.models.backbones import MobileNetV2
from mmdet.registry import MODELS

from mmdet_sodgan.models.generators import BackboneStem, NarrowPyramidGenerator
from mmdet_sodgan.models.generators.blocks import enlarge

STAGES = dict(type='MobileNetV2Stages')
RESNET = dict(
    type='ResNet',
    depth=18,
    num_stages=1,
    strides=(1,),
    dilations=(1,),
    out_indices=(0,),
)


def stem_of(stages, stride=4):
    return BackboneStem(stages, 8, stride, scale_factor=2, norm_cfg=None)


@pytest.fixture
def host():
    torch.manual_seed(0)
    host = MobileNetV2(out_indices=(1, 2, 4, 6))
    host.eval()
    return host


@pytest.mark.parametrize('stages', [STAGES, RESNET])
@pytest.mark.parametrize('r', [2, 4])
def test_result_has_the_stride_of_the_reconstructed_level(stages, r):
    generator = NarrowPyramidGenerator(
        in_channels=16,
        scale_factor=r,
        mid_channels=8,
        num_blocks=0,
        image_stem=stages,
    )
    image, feat = torch.randn(1, 3, 64, 96), torch.randn(1, 16, 16, 24)
    assert generator.stem(image).shape == (1, 8, r * 16, r * 24)
    assert generator(image, None, feat).map.shape == (1, 8, r * 16, r * 24)


def test_result_sums_the_hosts_levels_of_the_enlarged_image(host):
    stem = stem_of(STAGES)
    stem.start_from(host)
    stem.eval()
    image = torch.randn(2, 3, 32, 32)
    with torch.no_grad():
        levels = host(F.interpolate(image, size=(64, 64), mode='bilinear'))
        fine, coarse = (
            F.conv2d(x, m.conv.weight, m.conv.bias)
            for x, m in zip(levels[:2], stem.mix, strict=True)
        )
        torch.testing.assert_close(stem(image), fine + enlarge(coarse, 2))


def test_weights_are_its_own_after_the_start(host):
    stem = stem_of(STAGES)
    stem.start_from(host)
    before = stem.stages.conv1.conv.weight.clone()
    host.conv1.conv.weight.data.zero_()
    assert torch.equal(stem.stages.conv1.conv.weight, before)


def test_another_backbone_is_refused(host):
    with pytest.raises(ValueError, match='has conv1.weight of .*backbone has not'):
        stem_of(RESNET).start_from(host)
    wide = MODELS.build(STAGES | dict(widen_factor=2.0))
    with pytest.raises(ValueError, match='has conv1.conv.weight of'):
        stem_of(STAGES).start_from(wide)


def test_levels_of_other_strides_are_refused():
    message = r'levels of strides \[4, 8\], but with in_stride 8 they must be \[8, 16\]'
    with pytest.raises(ValueError, match=message):
        stem_of(STAGES, stride=8)
