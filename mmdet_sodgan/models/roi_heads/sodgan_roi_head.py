from mmdet.models.roi_heads import StandardRoIHead
from mmdet.models.task_modules.samplers import SamplingResult
from mmdet.registry import MODELS
from torch import Tensor

from .sampled_rois_mixin import SampledRoIsMixin


@MODELS.register_module()
class SODGANRoIHead(SampledRoIsMixin, StandardRoIHead):
    """Standard RoI head (Faster and Mask R-CNN) that returns the RoIs which D sees.

    Args:
        **kwargs: Arguments of :class:`SampledRoIsMixin` and of mmdet's
            ``StandardRoIHead``.
    """

    def bbox_loss(
        self, x: tuple[Tensor, ...], sampling_results: list[SamplingResult]
    ) -> dict:
        """Losses of the box head; see mmdet's ``StandardRoIHead``.

        Args:
            x (tuple[Tensor]): Levels ``(N, C, H_l, W_l)``.
            sampling_results (list[SamplingResult]): One an image.

        Returns:
            dict: What mmdet's method returns, its ``loss_bbox`` with the
            :class:`SampledRoIs` where they are asked for.
        """
        results = super().bbox_loss(x, sampling_results)
        return self._with_samples(results, sampling_results, len(x))
