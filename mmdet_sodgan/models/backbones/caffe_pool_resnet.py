from mmdet.models.backbones import ResNet
from mmdet.registry import MODELS
from torch import nn


@MODELS.register_module()
class CaffePoolResNet(ResNet):
    """mmdet's ResNet with the first pooling of the original, in Caffe.

    That has no padding, and rounds up. So an image of 321 px has maps of 40 cells
    at stride 8, and one of 513 px has 64, as DSSD (Fu et al., arXiv 1701.06659)
    counts them; with mmdet's they are 41 and 65. The weights are the same.

    Its arguments are those of ``ResNet``.
    """

    def _make_stem_layer(self, in_channels: int, stem_channels: int) -> None:
        super()._make_stem_layer(in_channels, stem_channels)
        self.maxpool = nn.MaxPool2d(3, stride=2, ceil_mode=True)
