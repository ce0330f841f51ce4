"""The last steps from what the heads predict to boxes, in operators of ONNX."""

import math

import torch
from mmdet.models.dense_heads import RPNHead
from mmdet.models.task_modules.coders import DeltaXYWHBBoxCoder
from torch import Tensor

from .nms import ABSENT, PRESENT, grouped_nms, top_scores

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


def propose(
    rpn_head: RPNHead, feats: tuple[Tensor, ...], limits: Tensor
) -> tuple[Tensor, Tensor]:
    """Propose boxes for a batch, as mmdet's RPN does image by image.

    Args:
        rpn_head (RPNHead): A head with one class and sigmoid scores.
        feats (tuple[Tensor, ...]): Levels ``(N, C, H_l, W_l)``, finest first.
        limits (Tensor): ``(4,)``, width, height, width, height of the images.

    Returns:
        tuple[Tensor, Tensor]: Boxes ``(N, R, 4)`` in pixels of the network's
        input, best first; bool ``(N, R)``, which of them there are. ``R`` is
        ``test_cfg.rpn.max_per_img``.
    """
    cfg = rpn_head.test_cfg
    outputs = rpn_head(feats)
    sizes = [score.shape[-2:] for score in outputs[0]]
    anchors = rpn_head.prior_generator.grid_priors(sizes, device=limits.device)
    boxes, scores = [], []
    for level, score, delta in zip(anchors, *outputs, strict=True):
        score = score.permute(0, 2, 3, 1).flatten(1).sigmoid()
        top, index = top_scores(score, cfg.nms_pre)
        delta = delta.permute(0, 2, 3, 1).flatten(1).unflatten(1, (-1, 4))
        delta = delta.gather(1, index[..., None].expand(-1, -1, 4))
        box = decode_boxes(rpn_head.bbox_coder, level[index], delta, limits)
        if cfg.min_bbox_size >= 0:
            sides = box[..., 2:] - box[..., :2]
            large = (sides > cfg.min_bbox_size).all(-1)
            top = torch.where(large, top, ABSENT)
        boxes.append(box)
        scores.append(top)
    kept = grouped_nms(
        torch.stack(boxes, 1),
        torch.stack(scores, 1),
        cfg.nms.iou_threshold,
        PRESENT,
        cfg.max_per_img,
    )
    return kept.boxes, kept.scores > PRESENT
