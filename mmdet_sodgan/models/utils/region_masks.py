import math

import torch
from mmdet.structures import DetDataSample
from mmdet.structures.bbox import get_box_tensor
from torch import Tensor


def region_masks(
    data_samples: list[DetDataSample], feat: Tensor, stride: int, max_side: float
) -> tuple[Tensor, Tensor]:
    """Where a feature map lies inside its images, and inside small objects.

    Args:
        data_samples (list[DetDataSample]): N samples in the LR frame.
        feat (Tensor): The map, ``(N, C, H, W)``.
        stride (int): Of the map, in pixels of the LR image.
        max_side (float): Objects with ``sqrt(w * h)`` below it are small, in
            pixels of the LR image.

    Returns:
        tuple[Tensor, Tensor]: Bool ``(N, H, W)``: inside the image; inside a
        small ground-truth box. A box covers every position that it touches,
        so that none is too small to count.
    """
    shape = (feat.shape[0], *feat.shape[-2:])
    valid = torch.zeros(shape, dtype=torch.bool, device=feat.device)
    foreground = torch.zeros_like(valid)
    for i, sample in enumerate(data_samples):
        height, width = (math.ceil(side / stride) for side in sample.img_shape[:2])
        valid[i, :height, :width] = True
        boxes = get_box_tensor(sample.gt_instances.bboxes)
        sides = (boxes[:, 2:] - boxes[:, :2]).clamp(min=0)
        boxes = boxes[sides.prod(1).sqrt() < max_side] / stride
        corners = torch.cat([boxes[:, :2].floor(), boxes[:, 2:].ceil()], 1)
        for x1, y1, x2, y2 in corners.clamp(min=0).long().tolist():
            foreground[i, y1:y2, x1:x2] = True
    return valid, foreground
