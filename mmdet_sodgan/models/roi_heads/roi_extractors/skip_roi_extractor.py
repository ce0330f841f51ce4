from collections.abc import Sequence

import torch
import torch.nn.functional as F
from mmdet.models.roi_heads.roi_extractors import GenericRoIExtractor
from mmdet.registry import MODELS
from torch import Tensor, nn


@MODELS.register_module()
class SkipRoIExtractor(GenericRoIExtractor):
    """RoI features of several stages of the backbone, brought to one amplitude.

    Skip pooling of the Inside-Outside Net (Bell et al., CVPR 2016, section 3.1),
    which MultiPath has too: what is pooled from each map is divided by its L2 norm
    over all channels and cells; joined, each channel is multiplied by a scale that
    is learned, and a 1x1 convolution reduces the width.

    RoIs are pooled as the config says, with RoIAlign in ours; the papers' max
    pooling has no kernel for a CPU in mmcv.

    Args:
        in_channels (Sequence[int]): Widths of the maps.
        out_channels (int): Width of the result.
        scale (float): Where the learned scales start, as in the paper.
        **kwargs: ``roi_layer`` and ``featmap_strides`` of mmdet's
            ``GenericRoIExtractor``.

    Raises:
        ValueError: ``in_channels`` and ``featmap_strides`` have not the same length.
    """

    def __init__(
        self,
        in_channels: Sequence[int] = (256, 512, 512),
        out_channels: int = 512,
        scale: float = 1000.0,
        **kwargs,
    ) -> None:
        joined = sum(in_channels)
        kwargs.setdefault('init_cfg', dict(type='Xavier', layer='Conv2d'))
        super().__init__(aggregation='concat', out_channels=joined, **kwargs)
        if len(in_channels) != self.num_inputs:
            raise ValueError(
                f'bbox_roi_extractor has {len(in_channels)} in_channels and '
                f'{self.num_inputs} featmap_strides; give one of each to every map.'
            )
        self.in_channels = list(in_channels)
        self.scale = nn.Parameter(torch.full((joined, 1, 1), scale))
        self.reduce = nn.Conv2d(joined, out_channels, 1)

    def forward(
        self,
        feats: tuple[Tensor, ...],
        rois: Tensor,
        roi_scale_factor: float | None = None,
    ) -> Tensor:
        """Pool each RoI from every map.

        Args:
            feats (tuple[Tensor]): Maps ``(N, C_l, H_l, W_l)``.
            rois (Tensor): ``(n, 5)`` in pixels of the network's input.
            roi_scale_factor (float, optional): Enlarges the RoIs about their centres.

        Returns:
            Tensor: ``(n, out_channels, k, k)``.
        """
        # Here, as mmdet's has no effect where there is a single map.
        if roi_scale_factor is not None:
            rois = self.roi_rescale(rois, roi_scale_factor)
        pooled = super().forward(feats, rois).split(self.in_channels, 1)
        joined = torch.cat([F.normalize(x, dim=(1, 2, 3)) for x in pooled], 1)
        return self.reduce(self.scale * joined)
