import torch.nn as nn
from torch import Tensor

from ..utils import FineLevel, run_box_head
from .roi_extractors import FineLevelRoIExtractor


def predict_fine_boxes(
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
        dict, optional: ``cls_score``, ``bbox_pred`` and, as ``bbox_feats``, a
        :class:`PooledRoIs`. None where the host has to do it.
    """
    # mmdet's mask head would read the features.
    shared = roi_head.with_mask and roi_head.share_roi_extractor
    # ContextRoIExtractor mixes channels of two regions.
    plain = type(extractor) is FineLevelRoIExtractor
    if (
        not (isinstance(x[0], FineLevel) and plain)
        or shared
        or roi_head.with_shared_head
    ):
        return None
    pooled = extractor.pool(x[: extractor.num_inputs], rois)
    cls_score, bbox_pred = run_box_head(bbox_head, pooled)
    return dict(cls_score=cls_score, bbox_pred=bbox_pred, bbox_feats=pooled)
