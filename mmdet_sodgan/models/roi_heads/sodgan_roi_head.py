from mmdet.models.roi_heads import StandardRoIHead
from mmdet.registry import MODELS

from .sampled_rois_mixin import SampledRoIsMixin


@MODELS.register_module()
class SODGANRoIHead(SampledRoIsMixin, StandardRoIHead):
    """Standard RoI head (Faster and Mask R-CNN) that returns the RoIs which D sees.

    Args:
        **kwargs: Arguments of :class:`SampledRoIsMixin` and of mmdet's
            ``StandardRoIHead``.
    """
