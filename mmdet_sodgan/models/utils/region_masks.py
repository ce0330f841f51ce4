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
        data_samples (list[DetDataSample]): N samples.
        feat (Tensor): The map, ``(N, C, H, W)``.
        stride (int): Of the map, in pixels of the samples' frame: those of the
            LR image, or of the HR image for a generator at the image.
        max_side (float): Objects with ``sqrt(w * h)`` below it are small, in
            the same pixels.

    Returns:
        tuple[Tensor, Tensor]: Bool ``(N, H, W)``: inside the image; inside a
        small ground-truth box. A box covers every position that it touches,
        so that none is too small to count.
    """
    shape = (feat.shape[0], *feat.shape[-2:])
    valid = torch.zeros(shape, dtype=torch.bool, device=feat.device)
    foreground = torch.zeros_like(valid)
    y, x = (torch.arange(size, device=feat.device) for size in shape[1:])
    for i, sample in enumerate(data_samples):
        height, width = (math.ceil(side / stride) for side in sample.img_shape[:2])
        valid[i, :height, :width] = True
        boxes = get_box_tensor(sample.gt_instances.bboxes)
        small = is_small(boxes, max_side)
        x1, y1 = (boxes[:, :2] / stride).floor().unsqueeze(-1).unbind(1)
        x2, y2 = (boxes[:, 2:] / stride).ceil().unsqueeze(-1).unbind(1)
        columns = (x >= x1) & (x < x2)
        rows = (y >= y1) & (y < y2) & small[:, None]
        # Boxes that cover a position, counted without a (boxes, H, W) array
        # and without waiting for the device.
        foreground[i] = rows.T.float() @ columns.float() > 0
    return valid, foreground


def is_small(boxes: Tensor, max_side: float) -> Tensor:
    """Tell which boxes are small.

    Args:
        boxes (Tensor): ``(n, 4)``, x1, y1, x2, y2 in pixels.
        max_side (float): Boxes with ``sqrt(w * h)`` below it are small.

    Returns:
        Tensor: Bool ``(n,)``; True for a box that is empty.
    """
    sides = (boxes[:, 2:] - boxes[:, :2]).clamp(min=0)
    return sides.prod(1).sqrt() < max_side


def roi_masks(feats: Tensor, positive: Tensor) -> tuple[Tensor, Tensor]:
    """Mark where RoI features count, and which of them are foreground.

    All positions count; those of positive RoIs are the foreground.

    Args:
        feats (Tensor): RoI features or image patches, ``(m, C, k, k)``.
        positive (Tensor): Bool ``(m,)``.

    Returns:
        tuple[Tensor, Tensor]: Bool ``(m, k, k)``: all positions; those of
        positive RoIs.
    """
    foreground = positive[:, None, None].expand(-1, *feats.shape[-2:])
    return torch.ones_like(foreground), foreground
