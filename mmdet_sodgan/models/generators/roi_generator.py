"""The generator on the pooled features of small RoIs.

Shapes, with ``m`` the small RoIs and ``k`` the side of a pooled feature:

    feats  ``(m, C, k, k)``    pooled from the pyramid, what the box head would see
    skip   ``(m, K, k, k)``    the same RoIs, pooled from the backbone level under
                               the finest level
    output ``(m, C, k, k)``    what the box head sees
"""

import torch.nn as nn
import torch.nn.functional as F
from mmcv.cnn import ConvModule
from mmdet.registry import MODELS
from mmengine.model import BaseModule, constant_init
from torch import Tensor

from .blocks import ResidualBlock


@MODELS.register_module()
class RoIGenerator(BaseModule):
    """Reconstruct the features that small RoIs have in the HR image.

    The result is the pooled feature plus a learned residual, as in the generator
    of Perceptual GAN (Li et al., CVPR 2017, figure 3), whose residual comes from
    low-level features alone; here the pooled feature itself may be a source,
    too. The residual starts at zero, so that training starts from the host
    detector.

    Args:
        in_channels (int): ``C``.
        skip_channels (int, optional): ``K``. None leaves the low-level features
            out. :class:`RoISODGAN` fills it in from the neck's config.
        reads_feats (bool): Whether the residual is computed from the pooled
            feature, too.
        mid_channels (int, optional): Width of the residual path; None: ``C``.
        num_blocks (int): Residual blocks.
        norm_cfg (dict, optional): Normalisation of the residual path.
        init_cfg (dict, optional): Initialisation.

    Raises:
        ValueError: Neither source is read.
    """

    def __init__(
        self,
        in_channels: int = 256,
        skip_channels: int | None = None,
        reads_feats: bool = True,
        mid_channels: int | None = None,
        num_blocks: int = 2,
        norm_cfg: dict | None = None,
        init_cfg: dict | None = None,
    ) -> None:
        super().__init__(init_cfg)
        if skip_channels is None and not reads_feats:
            raise ValueError(
                'generator.reads_feats is False and generator.skip_channels is None, '
                'so the residual has no source; set one of them.'
            )
        self.skip_channels = skip_channels
        mid_channels = mid_channels or in_channels
        self.reduce = nn.Conv2d(in_channels, mid_channels, 1) if reads_feats else None
        self.skip = (
            None
            if skip_channels is None
            else nn.Sequential(
                ConvModule(
                    skip_channels, mid_channels, 3, padding=1, norm_cfg=norm_cfg
                ),
                nn.Conv2d(mid_channels, mid_channels, 1),
            )
        )
        self.blocks = nn.Sequential(
            *(ResidualBlock(mid_channels, norm_cfg) for _ in range(num_blocks))
        )
        self.project = nn.Conv2d(mid_channels, in_channels, 1)

    def init_weights(self) -> None:
        """Kaiming everywhere (ConvModule's own), zero in the last layer.

        A second call changes nothing, as everywhere in mmengine.
        """
        if not self.is_init:
            constant_init(self.project, 0)
        super().init_weights()

    def forward(self, feats: Tensor, skip: Tensor | None) -> Tensor:
        """Reconstruct; shapes at the head of this module, ``m`` may be 0."""
        sources = []
        if self.reduce is not None:
            sources.append(self.reduce(feats))
        if self.skip is not None:
            sources.append(self.skip(skip))
        return feats + self.project(self.blocks(F.relu(sum(sources))))
