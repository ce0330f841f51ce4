from mmdet.models.roi_heads import StandardRoIHead
from mmdet.registry import MODELS
from torch import Tensor

from .predict_fine_boxes import predict_fine_boxes
from .sampled_rois_mixin import SampledRoIsMixin


@MODELS.register_module()
class SODGANRoIHead(SampledRoIsMixin, StandardRoIHead):
    """Standard RoI head (Faster and Mask R-CNN) that returns the RoIs which D sees.

    Args:
        **kwargs: Arguments of :class:`SampledRoIsMixin` and of mmdet's
            ``StandardRoIHead``.
    """

    def _bbox_forward(self, x: tuple, rois: Tensor) -> dict:
        parts = self.bbox_head, self.bbox_roi_extractor
        found = predict_fine_boxes(self, *parts, x, rois)
        return super()._bbox_forward(x, rois) if found is None else found
