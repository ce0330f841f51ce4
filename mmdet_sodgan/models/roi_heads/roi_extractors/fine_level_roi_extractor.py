from mmdet.models.roi_heads.roi_extractors import SingleRoIExtractor
from mmdet.registry import MODELS
from torch import Tensor

from ...utils import FineLevel


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
        fine, *others = feats
        if isinstance(fine, Tensor):
            return super().forward(feats, rois, roi_scale_factor)
        small = self.map_roi_levels(rois, len(feats)) == 0
        # No RoI is left that mmdet would take from the first level.
        levels = (others[0], *others)
        pooled = super().forward(levels, rois[~small], roi_scale_factor)
        if roi_scale_factor is not None:
            rois = self.roi_rescale(rois, roi_scale_factor)
        fine_pooled = fine.pool(self.roi_layers[0], rois[small])
        joined = fine_pooled.new_empty(len(rois), *fine_pooled.shape[1:])
        joined[small] = fine_pooled
        joined[~small] = pooled.to(joined.dtype)
        return joined
