"""The generator at the image.

Shapes, with ``r`` the scale factor:

    input  ``(N, 3, H, W)``        normalised LR images, or patches of them
    output ``(N, 3, r*H, r*W)``    super-resolved images, normalised alike
"""

import math

import torch.nn as nn
import torch.nn.functional as F
from mmcv.cnn import ConvModule
from mmdet.registry import MODELS
from mmengine.model import BaseModule, constant_init
from torch import Tensor

from .blocks import ResidualBlock, check_scale_factor, sub_pixel_convolution


@MODELS.register_module()
class ImageGenerator(BaseModule):
    """Super-resolution of images (after SRResNet: Ledig et al., CVPR 2017).

    The result is the bilinear enlargement of the input plus a learned residual,
    which is computed at the resolution of the input and starts at zero: training
    starts from the image of the up-scaled input baseline.

    An image is degraded with half-pixel centres, so pixel ``j`` of the HR image
    lies at ``(j + 0.5) / r - 0.5`` of the LR image and the enlargement is that of
    ``align_corners=False``. (Features of strided convolutions lie on another
    grid; see :func:`.pyramid_generator.enlarge`.)

    Args:
        scale_factor (int): ``r``, 2 or 4.
        mid_channels (int): Width of the residual path.
        num_blocks (int): Residual blocks.
        norm_cfg (dict, optional): Normalisation of the residual path. None by
            default, as super-resolution does better without (Lim et al., CVPRW
            2017, section 3.1).
        init_cfg (dict, optional): Initialisation.

    Attributes:
        out_stride (int): 1, of the result in pixels of the HR image.

    Raises:
        ValueError: ``r`` is not 2 or 4.
    """

    out_stride = 1

    def __init__(
        self,
        scale_factor: int = 2,
        mid_channels: int = 64,
        num_blocks: int = 4,
        norm_cfg: dict | None = None,
        init_cfg: dict | None = None,
    ) -> None:
        super().__init__(init_cfg)
        check_scale_factor(scale_factor)
        self.scale_factor = scale_factor
        self.stem = ConvModule(3, mid_channels, 3, padding=1, norm_cfg=norm_cfg)
        self.blocks = nn.Sequential(
            *(ResidualBlock(mid_channels, norm_cfg) for _ in range(num_blocks))
        )
        steps = int(math.log2(scale_factor))
        self.upsample = nn.Sequential(
            *(
                nn.Sequential(sub_pixel_convolution(mid_channels), nn.ReLU())
                for _ in range(steps)
            )
        )
        self.project = nn.Conv2d(mid_channels, 3, 3, padding=1)

    def init_weights(self) -> None:
        """Kaiming everywhere (ConvModule's own), zero in the last layer.

        A second call changes nothing, as everywhere in mmengine.
        """
        if not self.is_init:
            constant_init(self.project, 0)
        super().init_weights()

    def forward(self, images: Tensor) -> Tensor:
        """Super-resolve; shapes at the head of this module, ``N`` may be 0."""
        residual = self.project(self.upsample(self.blocks(self.stem(images))))
        return residual + F.interpolate(
            images, scale_factor=self.scale_factor, mode='bilinear'
        )
