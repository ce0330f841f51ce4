import torch
import torch.nn as nn
from mmcv.ops import RoIAlign
from mmdet.registry import MODELS, TASK_UTILS
from mmdet.structures import DetDataSample
from mmdet.structures.bbox import bbox2roi, get_box_tensor
from torch import Tensor

from ...structures import SampledRoIs
from ..utils import is_small, pool_rois


@MODELS.register_module()
class GroundTruthRoIs(nn.Module):
    """Samples the RoIs that D sees where the host has no RoI head.

    They are the small ground-truth boxes, each moved and scaled a little, so
    that D's box head has something to regress. All are positive.

    Args:
        stride (int): Of the reconstructed level, in pixels of the LR image.
        num_classes (int): ``K``, foreground classes.
        max_small_side (float): Boxes with ``sqrt(w * h)`` below it are sampled, in
            pixels of the LR image.
        jitter (float): Standard deviation of the centres' offsets, in units of
            the box's sides, and of the logarithm of its sides.
        num_sampled_rois (int): At most so many RoIs an image.
        roi_feat_size (int): ``k``, side of a pooled feature.
        bbox_coder (dict, optional): Config of the code of D's box offsets;
            that of mmdet's Faster R-CNN by default.

    Raises:
        ValueError: A negative ``jitter``.
    """

    def __init__(
        self,
        stride: int,
        num_classes: int,
        max_small_side: float = 32.0,
        jitter: float = 0.1,
        num_sampled_rois: int = 128,
        roi_feat_size: int = 7,
        bbox_coder: dict | None = None,
    ) -> None:
        super().__init__()
        if jitter < 0:
            raise ValueError(f'roi_sampler.jitter is {jitter}; give 0 or more.')
        self.num_classes = num_classes
        self.max_small_side = max_small_side
        self.jitter = jitter
        self.num_sampled_rois = num_sampled_rois
        self.roi_feat_size = roi_feat_size
        # As mmdet's extractors have it, two samples a bin side being enough for
        # small boxes.
        self.pool = RoIAlign(roi_feat_size, 1 / stride, sampling_ratio=2)
        self.bbox_coder = TASK_UTILS.build(
            dict(type='DeltaXYWHBBoxCoder', target_stds=(0.1, 0.1, 0.2, 0.2))
            | (bbox_coder or {})
        )

    def sample(self, z_sr: Tensor, data_samples: list[DetDataSample]) -> SampledRoIs:
        """Choose RoIs and pool them from the reconstructed level.

        Args:
            z_sr (Tensor): ``(N, C, H, W)``.
            data_samples (list[DetDataSample]): N samples, LR frame.

        Returns:
            SampledRoIs: Of ``m`` RoIs, ``m`` being 0 where nothing is small.
        """
        boxes, moved, labels = [], [], []
        for sample in data_samples:
            instances = sample.gt_instances
            found = get_box_tensor(instances.bboxes)
            some = (found[:, 2:] > found[:, :2]).all(1)
            small = some & is_small(found, self.max_small_side)
            small = small.nonzero().squeeze(1)[: self.num_sampled_rois]
            boxes.append(found[small])
            moved.append(self._move(found[small]))
            labels.append(instances.labels[small])
        rois = bbox2roi(moved)
        labels = torch.cat(labels)
        return SampledRoIs(
            pool_rois(self.pool, z_sr, rois),
            rois,
            labels,
            self.bbox_coder.encode(torch.cat(moved), torch.cat(boxes)),
            labels < self.num_classes,
        )

    @torch.no_grad()
    def pool_hr(self, z_hr: Tensor, rois: Tensor) -> Tensor:
        """Pool the same RoIs from z_HR.

        Args:
            z_hr (Tensor): ``(N, C, H, W)``, on the grid of z_SR.
            rois (Tensor): ``(m, 5)`` in pixels of the LR image.

        Returns:
            Tensor: ``(m, C, k, k)``, without gradient.
        """
        return pool_rois(self.pool, z_hr, rois)

    def _move(self, boxes: Tensor) -> Tensor:
        centres, sides = (boxes[:, :2] + boxes[:, 2:]) / 2, boxes[:, 2:] - boxes[:, :2]
        centres = centres + self.jitter * torch.randn_like(centres) * sides
        sides = sides * (self.jitter * torch.randn_like(sides)).exp()
        return torch.cat([centres - sides / 2, centres + sides / 2], 1)
