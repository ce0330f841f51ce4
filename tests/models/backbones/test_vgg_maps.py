import torch
from mmdet.models.backbones import SSDVGG

from mmdet_sodgan.models import VGGMaps


def test_maps_are_those_of_mmdets_vgg_16():
    backbone = VGGMaps()
    reference = SSDVGG(16, out_feature_indices=(15, 22, 29))
    reference.load_state_dict(backbone.state_dict(), strict=False)
    image = torch.randn(1, 3, 64, 96)
    with torch.no_grad():
        maps = backbone(image)
        torch.testing.assert_close(maps, reference(image))
    sizes = [(1, 256, 16, 24), (1, 512, 8, 12), (1, 512, 4, 6)]
    assert [x.shape for x in maps] == sizes


def test_first_two_stages_do_not_learn():
    """From the start, as an optimizer or a wrapper for several processes looks once."""
    backbone = VGGMaps()
    fixed = [k for k, x in backbone.named_parameters() if not x.requires_grad]
    # Two convolutions each.
    expected = [f'features.{i}.{x}' for i in (0, 2, 5, 7) for x in ('weight', 'bias')]
    assert fixed == expected
