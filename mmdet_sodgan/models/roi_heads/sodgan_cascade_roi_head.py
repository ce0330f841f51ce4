from mmdet.models.roi_heads import CascadeRoIHead
from mmdet.registry import MODELS
from torch import Tensor

from .predict_fine_boxes import predict_fine_boxes
from .sampled_rois_mixin import SampledRoIsMixin


@MODELS.register_module()
class SODGANCascadeRoIHead(SampledRoIsMixin, CascadeRoIHead):
    """Cascade RoI head (Cai and Vasconcelos, CVPR 2018) that returns RoIs.

    D sees the RoIs of the first stage: those of the later ones are the same
    objects once more, at better boxes.

    Args:
        **kwargs: Arguments of :class:`SampledRoIsMixin` and of mmdet's
            ``CascadeRoIHead``.
    """

    def _bbox_forward(self, stage: int, x: tuple, rois: Tensor) -> dict:
        parts = self.bbox_head[stage], self.bbox_roi_extractor[stage]
        found = predict_fine_boxes(self, *parts, x, rois)
        return super()._bbox_forward(stage, x, rois) if found is None else found
