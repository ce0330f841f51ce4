from mmdet.models.roi_heads import CascadeRoIHead
from mmdet.registry import MODELS

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
