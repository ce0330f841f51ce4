"""What generators of every place are made of."""

import torch
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


def enlarge(feat: Tensor, scale_factor: int) -> Tensor:
    """Bilinear enlargement on the grid of strided convolutions.

    A k x k convolution of stride s, padded by k // 2, puts cell ``i`` of its
    output at pixel ``s * i`` of the image, whichever the image. So cell ``j``
    of z_HR lies at cell ``j / r`` of z_LR, and z_LR's cells are every r-th of
    the result. (``align_corners=False`` would shift it by ``(r - 1) / 2``
    cells of z_HR against its target.)

    Args:
        feat (Tensor): ``(N, C, H, W)``.
        scale_factor (int): ``r``.

    Returns:
        Tensor: ``(N, C, r*H, r*W)``, a view of a map with one row and column
        more; the last ``r - 1`` cells of each side, beyond the last cell of
        ``feat``, repeat it.
    """
    # Repeating the last cells first, where the map is small, saves two copies of the
    # large one. Not F.pad's 'replicate': its backward pass on CUDA is not
    # deterministic.
    feat = torch.cat([feat, feat[..., -1:]], -1)
    feat = torch.cat([feat, feat[..., -1:, :]], -2)
    height, width = (scale_factor * (side - 1) + 1 for side in feat.shape[-2:])
    fine = F.interpolate(feat, (height, width), mode='bilinear', align_corners=True)
    return fine[..., :-1, :-1]


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
