from mmdet.models.roi_heads import CascadeRoIHead
from mmdet.models.task_modules.samplers import SamplingResult
from mmdet.registry import MODELS
from torch import Tensor

from .judged_rois_mixin import JudgedRoIsMixin


@MODELS.register_module()
class SODGANCascadeRoIHead(JudgedRoIsMixin, CascadeRoIHead):
    """Cascade RoI head (Cai and Vasconcelos, CVPR 2018) whose RoIs D judges.

    D judges the RoIs of the first stage: those of the later ones are the same
    objects once more, at better boxes.

    Args:
        **kwargs: Arguments of :class:`JudgedRoIsMixin` and of mmdet's
            ``CascadeRoIHead``.
    """

    def bbox_loss(
        self,
        stage: int,
        x: tuple[Tensor, ...],
        sampling_results: list[SamplingResult],
    ) -> dict:
        """As the base class; remembers the samples for :meth:`pop_samples`."""
        results = super().bbox_loss(stage, x, sampling_results)
        if stage == 0:
            self._samples = self._select(
                sampling_results, results['bbox_feats'], len(x)
            )
        return results
