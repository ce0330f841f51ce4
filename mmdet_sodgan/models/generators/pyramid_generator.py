"""The generator at the pyramid.

Shapes, with ``s`` the stride of the finest pyramid level and ``r`` the scale
factor (FPN: ``s = 4``; C4: ``s = 16``), all in pixels of the LR image:

    image  ``(N, 3, H, W)``            the LR image
    skip   ``(N, K, H/s, W/s)``        backbone level under the finest level
    feat   ``(N, C, H/s, W/s)``        finest pyramid level, z_LR
    output ``(N, C, r*H/s, r*W/s)``    reconstructed level, z_SR
"""

import math

import torch
import torch.nn as nn
import torch.nn.functional as F
from mmcv.cnn import ConvModule
from mmdet.registry import MODELS
from mmengine.model import BaseModule, constant_init
from torch import Tensor

from .blocks import ResidualBlock, check_scale_factor, sub_pixel_convolution


@MODELS.register_module()
class PyramidGenerator(BaseModule):
    """Reconstruct the finest pyramid level at ``r`` times its resolution.

    z_SR is the bilinear :func:`enlarge`-ment of z_LR plus a learned residual. The
    residual starts at zero, so that training starts from the up-scaled
    feature rather than from noise. It is computed in a narrow width from
    three sources: z_LR (semantics), the backbone level below it, and the LR
    image itself through a shallow stem that stays at the resolution of z_SR;
    the stem brings in detail that the backbone's stride has already
    discarded, and it needs nothing of the backbone, whichever that is.

    Args:
        in_channels (int): ``C``, channels of z_LR and of z_SR.
        in_stride (int): ``s``, stride of z_LR in pixels of the LR image.
        scale_factor (int): ``r``, 2 or 4.
        skip_channels (int, optional): ``K``. None leaves the skip out.
            :class:`SODGAN` fills it in from the neck's config.
        mid_channels (int): Width of the residual path.
        num_blocks (int): Residual blocks at the resolution of z_SR.
        image_stem (bool): Whether to use the LR image.
        norm_cfg (dict, optional): Normalisation of the residual path.
        init_cfg (dict, optional): Initialisation.

    Attributes:
        zero_layer (str): The child that starts at zero.

    Raises:
        ValueError: ``r`` is not 2 or 4, ``s/r`` is not a power of two, or the
            features that come in do not have stride ``s``.
    """

    zero_layer = 'project'

    def __init__(
        self,
        in_channels: int = 256,
        in_stride: int = 4,
        scale_factor: int = 2,
        skip_channels: int | None = None,
        mid_channels: int = 64,
        num_blocks: int = 2,
        image_stem: bool = True,
        norm_cfg: dict | None = None,
        init_cfg: dict | None = None,
    ) -> None:
        super().__init__(init_cfg)
        check_scale_factor(scale_factor)
        self.in_stride = in_stride
        self.scale_factor = scale_factor
        self.out_stride = in_stride // scale_factor
        if self.out_stride * scale_factor != in_stride or (
            self.out_stride & (self.out_stride - 1)
        ):
            raise ValueError(
                f'generator.in_stride is {in_stride}; with scale_factor '
                f'{scale_factor} it must be {scale_factor} times a power of two.'
            )
        self.reduce = nn.Conv2d(in_channels, mid_channels, 1)
        self.skip = (
            None if skip_channels is None else nn.Conv2d(skip_channels, mid_channels, 1)
        )
        steps = int(math.log2(scale_factor))
        self.upsample = nn.Sequential(
            *(sub_pixel_convolution(mid_channels) for _ in range(steps))
        )
        self.stem = (
            _image_stem(mid_channels, self.out_stride, norm_cfg) if image_stem else None
        )
        self.blocks = nn.Sequential(
            *(ResidualBlock(mid_channels, norm_cfg) for _ in range(num_blocks))
        )
        self.project = nn.Conv2d(mid_channels, in_channels, 1)

    def init_weights(self) -> None:
        """Kaiming everywhere (ConvModule's own), zero in ``zero_layer``.

        A second call changes nothing, as everywhere in mmengine.
        """
        if not self.is_init:
            constant_init(getattr(self, self.zero_layer), 0)
        super().init_weights()

    def forward(self, image: Tensor, skip: Tensor | None, feat: Tensor) -> Tensor:
        """Reconstruct z_SR; shapes at the head of this module."""
        self._check_grid(image, feat)
        hidden = self._hidden(image, skip, self.reduce(feat))
        return self.project(hidden) + enlarge(feat, self.scale_factor)

    def _hidden(self, image: Tensor, skip: Tensor | None, reduced: Tensor) -> Tensor:
        """The three sources, joined, ``(N, mid_channels, r*H/s, r*W/s)``.

        Args:
            image (Tensor): The LR image.
            skip (Tensor, optional): The backbone level.
            reduced (Tensor): z_LR in the narrow width.
        """
        x = reduced if self.skip is None else reduced + self.skip(skip)
        x = self.upsample(F.relu(x))
        if self.stem is not None:
            x = x + self.stem(image)
        return self.blocks(F.relu(x))

    def _check_grid(self, image: Tensor, feat: Tensor) -> None:
        """Refuse features of another stride."""
        expected = tuple(side // self.in_stride for side in image.shape[-2:])
        if tuple(feat.shape[-2:]) != expected:
            raise ValueError(
                f"the neck's finest level is {tuple(feat.shape[-2:])} for an input of "
                f'{tuple(image.shape[-2:])} px, but generator.in_stride='
                f'{self.in_stride} needs {expected}; set generator.in_stride to the '
                "stride of the neck's first level (and pad_size_divisor to a multiple)."
            )


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


def _image_stem(channels: int, stride: int, norm_cfg: dict | None) -> nn.Sequential:
    """3x3 convolutions from the image down to ``stride``, half width first."""
    layers = [ConvModule(3, channels // 2, 3, padding=1, norm_cfg=norm_cfg)]
    in_channels = channels // 2
    for _ in range(max(1, int(math.log2(stride)))):
        step = 2 if stride > 1 else 1
        layers.append(
            ConvModule(
                in_channels, channels, 3, stride=step, padding=1, norm_cfg=norm_cfg
            )
        )
        in_channels = channels
    return nn.Sequential(*layers)
