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
        nn.Conv2d(channels, 4 * channels, 3, padding=1), _PixelShuffle()
    )


class _PixelShuffle(nn.Module):
    """``nn.PixelShuffle(2)``, whose backward pass fails on a batch without RoIs."""

    def forward(self, x: Tensor) -> Tensor:
        """``(N, 4 * C, H, W)`` to ``(N, C, 2 * H, 2 * W)``."""
        if len(x):
            return F.pixel_shuffle(x, 2)
        _, channels, height, width = x.shape
        return x.reshape(0, channels // 4, 2 * height, 2 * width)


def check_scale_factor(scale_factor: int) -> None:
    """Refuse factors that no generator has.

    Args:
        scale_factor (int): ``r``.

    Raises:
        ValueError: It is not 2 or 4.
    """
    if scale_factor not in (2, 4):
        raise ValueError(
            f'generator.scale_factor (r) is {scale_factor}; it must be 2 or 4.'
        )
