import math

import torch
from mmdet.models.task_modules.coders import DeltaXYWHBBoxCoder
from torch import Tensor

#: Bound of a side over the side before, as in mmdet's ``decode``.
MAX_LOG_RATIO = abs(math.log(16 / 1000))


def image_limits(images: Tensor) -> Tensor:
    """Give width, height, width and height of a batch, where boxes end.

    Args:
        images (Tensor): ``(N, C, H, W)``.

    Returns:
        Tensor: ``(4,)``, a part of the graph and not a constant of it.
    """
    height, width = (torch.as_tensor(side) for side in images.shape[-2:])
    return torch.stack([width, height, width, height]).to(images)


def decode_boxes(
    coder: DeltaXYWHBBoxCoder, boxes: Tensor, deltas: Tensor, limits: Tensor
) -> Tensor:
    """Move boxes by deltas, and end them where the image ends.

    It computes what mmdet's coder does (Girshick et al., CVPR 2014, equations 1 to
    4), whose own form for ONNX fixes the number of boxes.

    Args:
        coder (DeltaXYWHBBoxCoder): The head's coder, without ``add_ctr_clamp``.
        boxes (Tensor): ``(..., 4)``, x1, y1, x2, y2.
        deltas (Tensor): ``(..., 4)``, as the head predicts them.
        limits (Tensor): From :func:`image_limits`.

    Returns:
        Tensor: ``(..., 4)``, x1, y1, x2, y2.
    """
    deltas = deltas * deltas.new_tensor(coder.stds) + deltas.new_tensor(coder.means)
    corner, end = boxes[..., :2], boxes[..., 2:]
    sides = end - corner
    centers = (corner + end) * 0.5 + sides * deltas[..., :2]
    half = sides * deltas[..., 2:].clamp(-MAX_LOG_RATIO, MAX_LOG_RATIO).exp() * 0.5
    moved = torch.cat([centers - half, centers + half], -1)
    if coder.clip_border:
        moved = torch.minimum(moved.clamp(min=0), limits)
    return moved
