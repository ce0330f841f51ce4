import torch
from mmdet.models.roi_heads.roi_extractors import SingleRoIExtractor
from mmdet.registry import MODELS
from torch import Tensor

from ...utils import FineLevel, PooledRoIs, pool_rois


@MODELS.register_module()
class FineLevelRoIExtractor(SingleRoIExtractor):
    """mmdet's extractor, which pools small RoIs from a :class:`FineLevel`.

    Its arguments are those of mmdet's ``SingleRoIExtractor``.
    """

    def forward(
        self,
        feats: tuple[FineLevel | Tensor, ...],
        rois: Tensor,
        roi_scale_factor: float | None = None,
    ) -> Tensor:
        """Pool each RoI from the level that FPN's rule gives it.

        Args:
            feats (tuple[FineLevel | Tensor]): The reconstructed level, then the
                pyramid's ``(N, C, H_l, W_l)``, finest first. Where all are maps, it
                is mmdet's extractor.
            rois (Tensor): ``(n, 5)`` in pixels of the network's input.
            roi_scale_factor (float, optional): As in mmdet.

        Returns:
            Tensor: ``(n, C, k, k)``.
        """
        if isinstance(feats[0], Tensor):
            return super().forward(feats, rois, roi_scale_factor)
        return self.pool(feats, rois, roi_scale_factor).dense()

    def pool(
        self,
        feats: tuple[FineLevel | Tensor, ...],
        rois: Tensor,
        roi_scale_factor: float | None = None,
    ) -> PooledRoIs:
        """Pool as :meth:`forward` does, and leave the projection to what comes next.

        Args:
            feats (tuple[FineLevel | Tensor]): As there, the first a FineLevel.
            rois (Tensor): ``(n, 5)`` in pixels of the network's input.
            roi_scale_factor (float, optional): As in mmdet.

        Returns:
            PooledRoIs: Of all RoIs.
        """
        fine, *others = feats
        small = self.map_roi_levels(rois, len(feats)) == 0
        # No RoI is left that mmdet would take from the first level.
        levels = (others[0], *others)
        pooled = super().forward(levels, rois[~small], roi_scale_factor)
        if roi_scale_factor is not None:
            rois = self.roi_rescale(rois, roi_scale_factor)
        fine_pooled = pool_rois(self.roi_layers[0], fine.map, rois[small])
        order = torch.cat([small.nonzero(), (~small).nonzero()]).squeeze(1).argsort()
        return PooledRoIs(fine_pooled, pooled, order, fine.project)
