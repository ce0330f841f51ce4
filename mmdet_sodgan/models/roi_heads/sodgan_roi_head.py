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
        """As the base class; features ``(N, C, H, W)`` in full precision."""
        # mmcv's RoIAlign has no bfloat16 kernel.
        return super().loss(tuple(feat.float() for feat in x), *args, **kwargs)

    def predict(self, x: tuple[Tensor, ...], *args, **kwargs) -> list:
        """As the base class; features ``(N, C, H, W)`` in full precision."""
        return super().predict(tuple(feat.float() for feat in x), *args, **kwargs)

    def bbox_loss(
        self, x: tuple[Tensor, ...], sampling_results: list[SamplingResult]
    ) -> dict:
        """As the base class; remembers the samples for :meth:`pop_samples`."""
        self._samples = self._select(sampling_results, num_levels=len(x))
        return super().bbox_loss(x, sampling_results)

    def pop_samples(self) -> RoISamples:
        """Hand out, once, what the last :meth:`loss` sampled.

        Raises:
            RuntimeError: :meth:`loss` has not run since the last call.
        """
        if self._samples is None:
            raise RuntimeError('pop_samples() was called before loss().')
        samples, self._samples = self._samples, None
        return samples

    def pool(self, feat: Tensor, rois: Tensor) -> Tensor:
        """Pool RoIs from the reconstructed level.

        Args:
            feat (Tensor): ``(N, C, H, W)``.
            rois (Tensor): ``(m, 5)`` in pixels of the LR image.

        Returns:
            Tensor: ``(m, C, k, k)``.
        """
        return self.bbox_roi_extractor.roi_layers[0](feat.float(), rois)

    @torch.no_grad()
    def _select(self, results: list[SamplingResult], num_levels: int) -> RoISamples:
        background = self.bbox_head.num_classes
        priors, labels, targets = [], [], []
        for result in results:
            # SamplingResult.priors are the positives, then the negatives.
            boxes = get_box_tensor(result.priors)
            label = boxes.new_full((len(boxes),), background, dtype=torch.long)
            target = boxes.new_zeros((len(boxes), 4))
            num_pos = len(result.pos_priors)
            if num_pos:
                label[:num_pos] = result.pos_gt_labels
                target[:num_pos] = self.bbox_head.bbox_coder.encode(
                    result.pos_priors, result.pos_gt_bboxes
                )
            levels = self.bbox_roi_extractor.map_roi_levels(
                bbox2roi([boxes]), num_levels
            )
            keep = (levels == 0).nonzero().squeeze(1)[: self.num_judged_rois]
            priors.append(boxes[keep])
            labels.append(label[keep])
            targets.append(target[keep])
        label = torch.cat(labels)
        return RoISamples(
            bbox2roi(priors), label, torch.cat(targets), label < background
        )
