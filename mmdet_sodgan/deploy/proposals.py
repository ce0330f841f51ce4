import torch
from mmdet.models.dense_heads import RPNHead
from torch import Tensor

from .boxes import decode_boxes
from .nms import ABSENT, PRESENT, grouped_nms, top_scores


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
    sizes = [feat.shape[-2:] for feat in feats]
    anchors = rpn_head.prior_generator.grid_priors(sizes, device=feats[0].device)
    boxes, scores = [], []
    for level, score, delta in zip(anchors, *rpn_head(feats), strict=True):
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
