from mmdet.models.roi_heads import CascadeRoIHead
from mmdet.models.task_modules.samplers import SamplingResult
from mmdet.registry import MODELS
from torch import Tensor

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

    def bbox_loss(
        self,
        stage: int,
        x: tuple[Tensor, ...],
        sampling_results: list[SamplingResult],
    ) -> dict:
        """Losses of one stage; see mmdet's ``CascadeRoIHead``.

        Args:
            stage (int): From 0.
            x (tuple[Tensor]): Levels ``(N, C, H_l, W_l)``.
            sampling_results (list[SamplingResult]): One an image.

        Returns:
            dict: What mmdet's method returns, the first stage's ``loss_bbox`` with
            the :class:`SampledRoIs` where they are asked for.
        """
        results = super().bbox_loss(stage, x, sampling_results)
        if stage > 0:
            return results
        return self._with_samples(results, sampling_results, len(x))
