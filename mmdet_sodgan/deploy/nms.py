"""NMS of a batch, in operators that ONNX has.

Shapes: ``N`` images, ``G`` groups (pyramid levels or classes) and ``n`` boxes a
group. A box that is not there has the score :data:`ABSENT`.
"""

from typing import NamedTuple

import torch
import torch.nn.functional as F
from mmcv.ops import nms
from torch import Tensor

#: Below every score, as scores are probabilities.
ABSENT = -1.0
# Between ABSENT and the scores.
PRESENT = -0.5


class Kept(NamedTuple):
    """What NMS left, best first and padded with absent boxes.

    Attributes:
        boxes (Tensor): ``(N, K, 4)``, x1, y1, x2, y2.
        scores (Tensor): ``(N, K)``.
        groups (Tensor): Index of the group of each, int64 ``(N, K)``.
    """

    boxes: Tensor
    scores: Tensor
    groups: Tensor


class _NonMaxSuppression(torch.autograd.Function):
    """mmcv's NMS in PyTorch, the operator of the same name in ONNX.

    Both suppress a box where the IoU is above the threshold and keep one whose
    score is above the other.
    """

    @staticmethod
    def forward(ctx, boxes, scores, max_kept, iou_threshold, score_threshold):
        kept = []
        for i in range(len(boxes)):
            present = (scores[i, 0] > score_threshold).nonzero().squeeze(1)
            _, index = nms(boxes[i, present], scores[i, 0, present], iou_threshold)
            index = present[index[:max_kept]]
            zeros = torch.zeros_like(index)
            kept.append(torch.stack([zeros + i, zeros, index], 1))
        return torch.cat(kept)

    @staticmethod
    def symbolic(g, boxes, scores, max_kept, iou_threshold, score_threshold):
        values = (
            torch.tensor([max_kept]),
            torch.tensor([iou_threshold]),
            torch.tensor([score_threshold]),
        )
        constants = [g.op('Constant', value_t=value) for value in values]
        return g.op('NonMaxSuppression', boxes, scores, *constants)


def grouped_nms(
    boxes: Tensor,
    scores: Tensor,
    iou_threshold: float,
    score_threshold: float,
    max_kept: int,
) -> Kept:
    """Run NMS within each group, then take the best of each image.

    It equals mmcv's ``batched_nms``, which shifts the groups apart, and a cut.

    Args:
        boxes (Tensor): ``(N, G, n, 4)``, x1, y1, x2, y2.
        scores (Tensor): ``(N, G, n)``.
        iou_threshold (float): A box goes where its IoU with a better one of its
            group is above it.
        score_threshold (float): Boxes count that score above it.
        max_kept (int): ``K``, boxes that an image keeps at most.

    Returns:
        Kept: ``K`` boxes an image.
    """
    num_images, num_groups, num_boxes = scores.shape
    flat = scores.flatten(0, 1)
    # More boxes of one group cannot be among the best of the image.
    index = _NonMaxSuppression.apply(
        boxes.flatten(0, 1), flat[:, None], max_kept, iou_threshold, score_threshold
    )
    values, index = flat.flatten(), index[:, 0] * num_boxes + index[:, 2]
    kept = torch.full_like(values, ABSENT).scatter(0, index, values[index])
    kept = kept.view(num_images, num_groups * num_boxes)
    top, index = top_scores(kept, max_kept)
    found = boxes.flatten(1, 2).gather(1, index[..., None].expand(-1, -1, 4))
    return Kept(found, top, index.div(num_boxes, rounding_mode='floor'))


def top_scores(scores: Tensor, count: int) -> tuple[Tensor, Tensor]:
    """Take the best of each image, always as many.

    The number that is asked for is a constant, so that the sizes that depend on
    the image do not decide how the graph goes on.

    Args:
        scores (Tensor): ``(N, n)``; ``n`` may be below ``count``.
        count (int): How many.

    Returns:
        tuple[Tensor, Tensor]: Scores ``(N, count)``, falling, with
        :data:`ABSENT` where there are no more; their indices, int64
        ``(N, count)``, 0 for absent ones.
    """
    top, index = F.pad(scores, (0, count), value=ABSENT).topk(count, dim=1)
    return top, index * (top > PRESENT)
