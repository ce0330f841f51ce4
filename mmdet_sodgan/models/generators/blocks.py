"""What generators of every place are made of."""

import torch.nn as nn
import torch.nn.functional as F
from mmcv.cnn import ConvModule
from mmengine.model import BaseModule
from torch import Tensor


class ResidualBlock(BaseModule):
    """Two 3x3 convolutions and an identity (He et al., CVPR 2016).

    Args:
        channels (int): Width.
        norm_cfg (dict, optional): Normalisation after each convolution.
    """

    def __init__(self, channels: int, norm_cfg: dict | None) -> None:
        super().__init__()
        self.conv1 = ConvModule(channels, channels, 3, padding=1, norm_cfg=norm_cfg)
        self.conv2 = ConvModule(
            channels, channels, 3, padding=1, norm_cfg=norm_cfg, act_cfg=None
        )

    def forward(self, x: Tensor) -> Tensor:
        """``(N, C, H, W)`` to ``(N, C, H, W)``."""
        return F.relu(x + self.conv2(self.conv1(x)))


def sub_pixel_convolution(channels: int) -> nn.Sequential:
    """Double both sides of ``(N, C, H, W)`` (Shi et al., CVPR 2016).

    Args:
        channels (int): ``C``, before and after.
    """
    return nn.Sequential(
        nn.Conv2d(channels, 4 * channels, 3, padding=1), nn.PixelShuffle(2)
    )
