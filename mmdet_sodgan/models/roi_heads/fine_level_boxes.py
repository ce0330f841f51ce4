import torch.nn as nn
from torch import Tensor

from ..utils import FineLevel, run_box_head
from .roi_extractors import FineLevelRoIExtractor


def fine_level_boxes(
    roi_head: nn.Module,
    bbox_head: nn.Module,
    extractor: nn.Module,
    x: tuple[FineLevel | Tensor, ...],
    rois: Tensor,
) -> dict | None:
    """What mmdet's ``_bbox_forward`` gives, quicker on RoIs of a :class:`FineLevel`.

    Args:
        roi_head (nn.Module): Whose method it is.
        bbox_head (nn.Module): Its box head, of a cascade the stage's.
        extractor (nn.Module): Its RoI extractor, likewise.
        x (tuple[FineLevel | Tensor]): Levels ``(N, C, H_l, W_l)``.
        rois (Tensor): ``(n, 5)`` in pixels of the network's input.

    Returns:
        dict, optional: Scores, deltas and, in training, features of the RoIs; at test
        time nothing reads these. None where the host has to do it.
    """
    if (
        roi_head.with_shared_head
        or not isinstance(x[0], FineLevel)
        # ContextRoIExtractor mixes channels of two regions.
        or type(extractor) is not FineLevelRoIExtractor
    ):
        return None
    pooled = extractor.pool(x[: extractor.num_inputs], rois)
    cls_score, bbox_pred = run_box_head(bbox_head, pooled)
    results = dict(cls_score=cls_score, bbox_pred=bbox_pred)
    if roi_head.training:
        results['bbox_feats'] = pooled.dense()
    return results
