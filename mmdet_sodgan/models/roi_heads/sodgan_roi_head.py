import torch
from mmdet.models.roi_heads import StandardRoIHead
from mmdet.models.task_modules.samplers import SamplingResult
from mmdet.registry import MODELS
from mmdet.structures.bbox import bbox2roi, get_box_tensor
from torch import Tensor

from ..utils import RoISamples


@MODELS.register_module()
class SODGANRoIHead(StandardRoIHead):
    """Standard RoI head that samples once, for its own losses and for D.

    D judges RoIs that the extractor takes from the reconstructed level, the
    only ones for which that level is ever read.

    Args:
        num_judged_rois (int): At most so many RoIs an image go to D;
            positives come first.
        **kwargs: Arguments of mmdet's ``StandardRoIHead``.
    """

    def __init__(self, *args, num_judged_rois: int = 128, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.num_judged_rois = num_judged_rois
        self._samples: RoISamples | None = None

    def loss(self, x: tuple[Tensor, ...], *args, **kwargs) -> dict[str, Tensor]:
        """As the base class; features ``(N, C, H, W)`` of any type and layout."""
        return super().loss(tuple(map(_for_roi_align, x)), *args, **kwargs)

    def predict(self, x: tuple[Tensor, ...], *args, **kwargs) -> list:
        """As the base class; features ``(N, C, H, W)`` of any type and layout."""
        return super().predict(tuple(map(_for_roi_align, x)), *args, **kwargs)

    def bbox_loss(
        self, x: tuple[Tensor, ...], sampling_results: list[SamplingResult]
    ) -> dict:
        """As the base class; remembers the samples for :meth:`pop_samples`."""
        results = super().bbox_loss(x, sampling_results)
        self._samples = self._select(sampling_results, results['bbox_feats'], len(x))
        return results

    def pop_samples(self) -> RoISamples:
        """Hand out, once, what the last :meth:`loss` sampled.

        Raises:
            RuntimeError: :meth:`loss` has not run since the last call.
        """
        if self._samples is None:
            raise RuntimeError('pop_samples() was called before loss().')
        samples, self._samples = self._samples, None
        return samples

    @torch.no_grad()
    def pool_target(self, z_hr: Tensor, rois: Tensor) -> Tensor:
        """Pool RoIs from z_HR in the way in which the box head's were.

        Args:
            z_hr (Tensor): ``(N, C, H, W)``, on the grid of z_SR.
            rois (Tensor): ``(m, 5)`` in pixels of the LR image.

        Returns:
            Tensor: ``(m, C', k, k)``, without gradient.
        """
        feats = self.bbox_roi_extractor.roi_layers[0](_for_roi_align(z_hr), rois)
        return self.shared_head(feats) if self.with_shared_head else feats

    def _select(
        self, results: list[SamplingResult], feats: Tensor, num_levels: int
    ) -> RoISamples:
        """Keep the RoIs that were pooled from the reconstructed level.

        Args:
            results (list[SamplingResult]): One an image.
            feats (Tensor): Features of all RoIs, ``(n, C', k, k)``, in the
                order of ``results``.
            num_levels (int): Levels that the extractor chooses from.
        """
        # SamplingResult.priors are the positives, then the negatives.
        boxes = [get_box_tensor(result.priors) for result in results]
        rois = bbox2roi(boxes)
        labels = feats.new_full((len(rois),), self.bbox_head.num_classes).long()
        targets = feats.new_zeros((len(rois), 4))
        levels = self.bbox_roi_extractor.map_roi_levels(rois, num_levels)
        keep, start = [], 0
        for result, box in zip(results, boxes, strict=True):
            stop, positive = start + len(box), start + len(result.pos_priors)
            if positive > start:
                labels[start:positive] = result.pos_gt_labels
                targets[start:positive] = self.bbox_head.bbox_coder.encode(
                    result.pos_priors, result.pos_gt_bboxes
                )
            fine = (levels[start:stop] == 0).nonzero().squeeze(1) + start
            keep.append(fine[: self.num_judged_rois])
            start = stop
        keep = torch.cat(keep)
        labels = labels[keep]
        return RoISamples(
            feats[keep],
            rois[keep],
            labels,
            targets[keep],
            labels < self.bbox_head.num_classes,
        )


def _for_roi_align(feat: Tensor) -> Tensor:
    """What mmcv's RoIAlign can read.

    It has no bfloat16 kernel, and reads a channels-last map as if it were
    contiguous, without an error.
    """
    return feat.float().contiguous()
