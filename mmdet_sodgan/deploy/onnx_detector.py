"""A two-stage detector as one graph.

Shapes: a batch of ``N`` images of one size, ``K`` the most detections of one of
them; pixels are those of the images that come in.

    images ``(N, 3, H, W)``     RGB, 0 to 255
    boxes  ``(N, K, 4)``        x1, y1, x2, y2
    scores ``(N, K)``           falling; 0 behind the last detection
    labels ``(N, K)``           int64; -1 behind the last detection
"""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
import torch.nn as nn
import torch.nn.functional as F
from mmdet.models.detectors import TwoStageDetector
from torch import Tensor

from ..models.utils import as_features, run_box_head
from .boxes import decode_boxes, image_limits, propose
from .nms import ABSENT, PRESENT, grouped_nms
from .roi_pooling import pool_levels
from .support import check_support


@contextmanager
def all_detail(model: TwoStageDetector) -> Iterator[None]:
    """Have a detector compute its reconstructed level without ``test_cfg.detail_thr``.

    Args:
        model (TwoStageDetector): Any; it is as before at the end.
    """
    threshold = model.test_cfg.pop('detail_thr', None)
    try:
        yield
    finally:
        if threshold is not None:
            model.test_cfg.detail_thr = threshold


class OnnxDetector(nn.Module):
    """What a detector does at test time, written so that it can be exported.

    The modules are the detector's own; what mmdet does between them with lists of
    samples is done here with tensors. Normalisation and padding are part of it.

    Args:
        model (TwoStageDetector): A trained detector whose data preprocessor takes
            images as they are (``test_mode='native'``). A graph has all of the
            reconstructed level, see :func:`all_detail`.

    Raises:
        ValueError: A part of the detector cannot be exported; names it.
    """

    def __init__(self, model: TwoStageDetector) -> None:
        super().__init__()
        check_support(model)
        self.model = model
        # The export hands the module back in the mode in which it got it.
        self.eval()
        preprocessor = model.data_preprocessor
        # mmdet's pipelines load BGR.
        self.wants_rgb = preprocessor._channel_conversion
        self.normalizes = preprocessor._enable_normalize
        self.divisor = getattr(
            preprocessor, 'lr_pad_size_divisor', preprocessor.pad_size_divisor
        )
        # The image in which boxes are found is so many times the one that comes in.
        self.scale = 1
        if getattr(preprocessor, 'frame', 'lr') == 'hr':
            self.scale = preprocessor.scale_factor

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Detect in a batch of images.

        Args:
            images (Tensor): ``(N, 3, H, W)``.

        Returns:
            tuple[Tensor, Tensor, Tensor]: boxes, scores and labels; shapes at
            the head of this module.
        """
        with all_detail(self.model):
            feats = self.model.extract_feat(self._preprocess(images))
        limits = image_limits(images) * self.scale
        boxes, present = propose(self.model.rpn_head, feats, limits)
        boxes, scores = self._classify(feats, boxes, present, limits)
        cfg = self.model.roi_head.test_cfg
        boxes, scores, labels = grouped_nms(
            boxes, scores, cfg.nms.iou_threshold, cfg.score_thr, cfg.max_per_img
        )
        found = scores > PRESENT
        labels = torch.where(found, labels, -1)
        boxes = torch.where(found[..., None], boxes / self.scale, 0.0)
        used = found.any(0).nonzero().squeeze(1)
        return boxes[:, used], scores.clamp(min=0)[:, used], labels[:, used]

    def _preprocess(self, images: Tensor) -> Tensor:
        """Normalise and pad images of one size as the data preprocessor does."""
        preprocessor = self.model.data_preprocessor
        if not self.wants_rgb:
            images = images.flip(1)
        if self.normalizes:
            images = (images - preprocessor.mean) / preprocessor.std
        height, width = images.shape[-2:]
        margins = (0, -width % self.divisor, 0, -height % self.divisor)
        return F.pad(images, margins, value=preprocessor.pad_value)

    def _classify(
        self, feats: tuple[Tensor, ...], boxes: Tensor, present: Tensor, limits: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Classify the proposals and refine their boxes.

        Args:
            feats (tuple[Tensor, ...]): Levels ``(N, C, H_l, W_l)``.
            boxes (Tensor): ``(N, R, 4)``.
            present (Tensor): Bool ``(N, R)``; the others are not looked at.
            limits (Tensor): ``(4,)``.

        Returns:
            tuple[Tensor, Tensor]: Boxes ``(N, G, R, 4)`` and scores
            ``(N, G, R)`` of ``G`` classes.
        """
        roi_head = self.model.roi_head
        head, extractor = roi_head.bbox_head, roi_head.bbox_roi_extractor
        index = present.flatten().nonzero().squeeze(1)
        images = index.div(present.shape[1], rounding_mode='floor')
        boxes = boxes.flatten(0, 1)[index]
        rois = torch.cat([images[:, None].to(boxes), boxes], 1)
        pooled = pool_levels(extractor, feats[: extractor.num_inputs], rois)
        if roi_head.with_shared_head:
            pooled = roi_head.shared_head(as_features(pooled))
        logits, deltas = run_box_head(head, pooled)
        # A head that is agnostic of the class has four deltas a RoI.
        deltas = deltas.unflatten(1, (-1, 4)).expand(-1, head.num_classes, -1)
        boxes = boxes[:, None].expand_as(deltas)
        boxes = decode_boxes(head.bbox_coder, boxes, deltas, limits)
        scores = logits.softmax(-1)[:, : head.num_classes]
        boxes = _place(boxes.flatten(1), index, present, 0.0)
        scores = _place(scores, index, present, ABSENT)
        boxes = boxes.unflatten(2, (head.num_classes, 4))
        return boxes.transpose(1, 2), scores.transpose(1, 2)


def _place(values: Tensor, index: Tensor, present: Tensor, fill: float) -> Tensor:
    """Put rows ``(m, c)`` at their places in ``(N, R, c)``, ``fill`` elsewhere."""
    num_images, num_boxes = present.shape
    out = values.new_full((num_images * num_boxes, values.shape[1]), fill)
    out = out.scatter(0, index[:, None].expand_as(values), values)
    return out.view(num_images, num_boxes, values.shape[1])
