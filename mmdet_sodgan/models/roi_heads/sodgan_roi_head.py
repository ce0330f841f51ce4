from mmdet.models.roi_heads import StandardRoIHead
from mmdet.models.task_modules.samplers import SamplingResult
from mmdet.registry import MODELS
from torch import Tensor

from .judged_rois_mixin import JudgedRoIsMixin


@MODELS.register_module()
class SODGANRoIHead(JudgedRoIsMixin, StandardRoIHead):
    """Standard RoI head (Faster and Mask R-CNN) whose RoIs D judges.

    Args:
        **kwargs: Arguments of :class:`JudgedRoIsMixin` and of mmdet's
            ``StandardRoIHead``.
    """

    def bbox_loss(
        self, x: tuple[Tensor, ...], sampling_results: list[SamplingResult]
    ) -> dict:
        """As the base class; remembers the samples for :meth:`pop_samples`."""
        results = super().bbox_loss(x, sampling_results)
        self._samples = self._select(sampling_results, results['bbox_feats'], len(x))
        return results
