import torch
import torch.nn as nn
from mmdet.models.task_modules.samplers import SamplingResult
from mmdet.structures.bbox import bbox2roi, get_box_tensor
from torch import Tensor

from ..utils import RoISamples, for_roi_align, pool_rois


class JudgedRoIsMixin:
    """Lets D see the RoIs that a RoI head samples for its own losses.

    Goes before any RoI head of mmdet. D judges RoIs that the extractor takes
    from the reconstructed level, the only ones for which that level is ever
    read. Of a cascade it judges the first stage's, those of the RPN.

    Args:
        num_judged_rois (int): At most so many RoIs an image go to D;
            positives come first.
        **kwargs: Arguments of the RoI head.
    """

    def __init__(self, *args, num_judged_rois: int = 128, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.num_judged_rois = num_judged_rois
        self._samples: RoISamples | None = None

    @property
    def first_bbox_head(self) -> nn.Module:
        """Box head whose RoIs are judged."""
        return _first(self.bbox_head)

    @property
    def first_extractor(self) -> nn.Module:
        """RoI extractor whose RoIs are judged."""
        return _first(self.bbox_roi_extractor)

    def describe_judged(self) -> dict:
        """What D sees, which is what the box head sees.

        Returns:
            dict: ``num_classes``, ``in_channels``, ``roi_feat_size``.
        """
        head = self.first_bbox_head
        return dict(
            num_classes=head.num_classes,
            in_channels=head.in_channels,
            roi_feat_size=head.roi_feat_size[0],
        )

    def loss(self, x: tuple[Tensor, ...], *args, **kwargs) -> dict[str, Tensor]:
        """As the base class; features ``(N, C, H, W)`` of any type and layout."""
        return super().loss(tuple(map(for_roi_align, x)), *args, **kwargs)

    def predict(self, x: tuple[Tensor, ...], *args, **kwargs) -> list:
        """As the base class; features ``(N, C, H, W)`` of any type and layout."""
        return super().predict(tuple(map(for_roi_align, x)), *args, **kwargs)

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
        feats = pool_rois(self.first_extractor.roi_layers[0], z_hr, rois)
        return self.shared_head(feats) if self.with_shared_head else feats

    def _is_judged(self, rois: Tensor, num_levels: int) -> Tensor:
        """Which RoIs go to D.

        Args:
            rois (Tensor): ``(n, 5)``.
            num_levels (int): Levels that the extractor chooses from.

        Returns:
            Tensor: Bool ``(n,)``, pooled from the reconstructed level.
        """
        return self.first_extractor.map_roi_levels(rois, num_levels) == 0

    def _select(
        self, results: list[SamplingResult], feats: Tensor, num_levels: int
    ) -> RoISamples:
        """Keep the RoIs that D judges.

        Args:
            results (list[SamplingResult]): One an image.
            feats (Tensor): Features of all RoIs, ``(n, C', k, k)``, in the
                order of ``results``.
            num_levels (int): Levels that the extractor chooses from.
        """
        head = self.first_bbox_head
        # SamplingResult.priors are the positives, then the negatives.
        boxes = [get_box_tensor(result.priors) for result in results]
        rois = bbox2roi(boxes)
        labels = feats.new_full((len(rois),), head.num_classes).long()
        targets = feats.new_zeros((len(rois), 4))
        judged = self._is_judged(rois, num_levels)
        keep, start = [], 0
        for result, box in zip(results, boxes, strict=True):
            stop, positive = start + len(box), start + len(result.pos_priors)
            if positive > start:
                labels[start:positive] = result.pos_gt_labels
                targets[start:positive] = head.bbox_coder.encode(
                    result.pos_priors, result.pos_gt_bboxes
                )
            found = judged[start:stop].nonzero().squeeze(1) + start
            keep.append(found[: self.num_judged_rois])
            start = stop
        keep = torch.cat(keep)
        labels = labels[keep]
        return RoISamples(
            feats[keep],
            rois[keep],
            labels,
            targets[keep],
            labels < head.num_classes,
        )


def _first(part: nn.Module) -> nn.Module:
    return part[0] if isinstance(part, nn.ModuleList) else part
