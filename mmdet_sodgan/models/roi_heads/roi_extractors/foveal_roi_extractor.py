from collections.abc import Sequence

import torch
from mmdet.registry import MODELS
from mmengine.model import BaseModule
from torch import Tensor, nn

from .skip_roi_extractor import SkipRoIExtractor


@MODELS.register_module()
class FovealRoIExtractor(BaseModule):
    """RoI features of regions of several sizes about each RoI, one beside the other.

    MultiPath's (Zagoruyko et al., BMVC 2016, section 3): each region has
    its skip pooling with weights of its own, and the larger it is the fewer fine
    maps it reads. :class:`ContextRoIExtractor` has two regions of one map, and fuses
    them.

    Args:
        scales (Sequence[float]): Sides of each region over the RoI's.
        num_maps (Sequence[int]): How many of the maps each region is pooled from,
            counted from the last.
        in_channels (Sequence[int]): Widths of the maps.
        featmap_strides (Sequence[int]): Their strides.
        init_cfg (dict): As in mmengine.
        **kwargs: The other arguments of :class:`SkipRoIExtractor`.

    Raises:
        ValueError: ``scales`` and ``num_maps`` have not the same length, or a region
            would be pooled from more maps than there are.
    """

    def __init__(
        self,
        scales: Sequence[float] = (1.0, 1.5, 2.0, 4.0),
        num_maps: Sequence[int] = (3, 2, 2, 1),
        in_channels: Sequence[int] = (256, 512, 512),
        featmap_strides: Sequence[int] = (4, 8, 16),
        init_cfg: dict | None = None,
        **kwargs,
    ) -> None:
        super().__init__(init_cfg)
        if len(scales) != len(num_maps):
            raise ValueError(
                f'bbox_roi_extractor has {len(scales)} scales and {len(num_maps)} '
                'num_maps; give one of each to every region.'
            )
        if max(num_maps) > len(featmap_strides):
            raise ValueError(
                f'bbox_roi_extractor.num_maps is {num_maps}, but there are '
                f'{len(featmap_strides)} maps (featmap_strides); ask for no more.'
            )
        self.scales = scales
        self.num_inputs = len(featmap_strides)
        self.regions = nn.ModuleList(
            SkipRoIExtractor(
                in_channels=in_channels[-number:],
                featmap_strides=featmap_strides[-number:],
                **kwargs,
            )
            for number in num_maps
        )

    def forward(self, feats: tuple[Tensor, ...], rois: Tensor) -> Tensor:
        """Pool every region of each RoI.

        Args:
            feats (tuple[Tensor]): Maps ``(N, C_l, H_l, W_l)``.
            rois (Tensor): ``(n, 5)`` in pixels of the network's input.

        Returns:
            Tensor: ``(n, R * C, k, k)``, C channels of each of R regions in turn.
        """
        pooled = [
            region(feats[-region.num_inputs :], rois, scale)
            for region, scale in zip(self.regions, self.scales, strict=True)
        ]
        return torch.cat(pooled, 1)
