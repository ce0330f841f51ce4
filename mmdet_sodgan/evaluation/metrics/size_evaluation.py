"""Average precision and recall by object size, on the faster-coco-eval engine."""

from collections.abc import Mapping, Sequence

import numpy as np
from faster_coco_eval import COCO, COCOeval_faster

from .size_buckets import SizeBucket


def evaluate_by_size(
    images: Sequence[int | str],
    annotations: Sequence[dict],
    detections: Sequence[dict],
    cat_ids: Sequence[int],
    buckets: Sequence[SizeBucket],
    iou_thrs: Sequence[float],
    max_dets: int = 100,
) -> list[dict]:
    """Compute AP, AP50, AP75, AR and the number of objects per size bucket.

    As in pycocotools, the size of a ground-truth object is the ``area`` of its
    annotation (the area of the mask where the data set has masks, not that of the
    box) and the size of a detection is the area of its box. An object outside a
    bucket is ignored there, and so is an unmatched detection outside it.

    Args:
        images (Sequence[int | str]): Ids of the images.
        annotations (Sequence[dict]): Ground truth in COCO format, with keys
            ``image_id``, ``category_id``, ``bbox`` (x, y, w, h), ``area`` and,
            optionally, ``iscrowd``. Lengths in px of the original image.
        detections (Sequence[dict]): Results in COCO format, with keys ``image_id``,
            ``category_id``, ``bbox`` (x, y, w, h) and ``score``.
        cat_ids (Sequence[int]): Ids of the categories to evaluate.
        buckets (Sequence[SizeBucket]): The size buckets.
        iou_thrs (Sequence[float]): IoU thresholds; must include 0.5 and 0.75.
        max_dets (int): Number of highest-scored detections used of each image and
            category. Defaults to 100.

    Returns:
        list[dict]: For each bucket a dict with ``AP``, ``AP50``, ``AP75``, ``AR``
        (floats in [0, 1], or -1 where the bucket holds no object), ``num_gt`` (int,
        crowd regions not counted) and ``per_class``, a dict of category id to the
        same five figures.
    """
    # Sorted as in pycocotools, where the order decides between equal scores.
    cat_ids = sorted(cat_ids)
    image_index = {image_id: index for index, image_id in enumerate(sorted(images))}
    ground_truth = _to_coco(image_index, annotations, cat_ids)
    evaluator = COCOeval_faster(
        ground_truth,
        ground_truth.loadRes(
            [{**det, 'image_id': image_index[det['image_id']]} for det in detections]
        ),
        iouType='bbox',
    )
    params = evaluator.params
    params.imgIds = list(image_index.values())
    params.catIds = cat_ids
    params.iouThrs = np.asarray(iou_thrs, dtype=float)
    params.maxDets = [max_dets]
    params.areaRng = [list(bucket.inclusive_area) for bucket in buckets]
    params.areaRngLbl = [bucket.name for bucket in buckets]
    evaluator.evaluate()
    evaluator.accumulate()
    # precision: (iou threshold, recall, class, bucket, max_dets), recall: the same
    # without its second axis.
    precision = np.asarray(evaluator.eval['precision'])[..., 0]
    recall = np.asarray(evaluator.eval['recall'])[..., 0]
    num_gt = _count(ground_truth.dataset['annotations'], cat_ids, buckets)

    def figures(classes: slice, bucket: int) -> dict:
        p, r = precision[:, :, classes, bucket], recall[:, classes, bucket]
        return {
            'AP': _mean(p),
            'AP50': _mean(p[np.isclose(params.iouThrs, 0.5)]),
            'AP75': _mean(p[np.isclose(params.iouThrs, 0.75)]),
            'AR': _mean(r),
            'num_gt': int(num_gt[classes, bucket].sum()),
        }

    return [
        {
            **figures(slice(None), bucket),
            'per_class': {
                cat_id: figures(slice(index, index + 1), bucket)
                for index, cat_id in enumerate(cat_ids)
            },
        }
        for bucket in range(len(buckets))
    ]


def _to_coco(
    image_index: Mapping[int | str, int],
    annotations: Sequence[dict],
    cat_ids: Sequence[int],
) -> COCO:
    """Index the ground truth for the engine.

    Images and annotations get consecutive ids: the engine wants integers, where the
    ids of mmdet's VOC-style data sets are strings, and an annotation with id 0 must
    not be mistaken for "unmatched".
    """
    wanted = set(cat_ids)
    kept = [
        {
            'image_id': image_index[ann['image_id']],
            'category_id': ann['category_id'],
            'bbox': list(ann['bbox']),
            'area': float(ann['area']),
            'iscrowd': int(ann.get('iscrowd', 0)),
        }
        for ann in annotations
        if ann['category_id'] in wanted and ann['image_id'] in image_index
    ]
    return COCO(
        {
            'images': [{'id': index} for index in image_index.values()],
            'annotations': [{**ann, 'id': i} for i, ann in enumerate(kept, start=1)],
            'categories': [{'id': cat_id, 'name': str(cat_id)} for cat_id in cat_ids],
        }
    )


def _count(
    annotations: Sequence[dict],
    cat_ids: Sequence[int],
    buckets: Sequence[SizeBucket],
) -> np.ndarray:
    """Count objects that are no crowd regions, shape (classes, buckets)."""
    counts = np.zeros((len(cat_ids), len(buckets)), dtype=int)
    row = {cat_id: index for index, cat_id in enumerate(cat_ids)}
    limits = [bucket.inclusive_area for bucket in buckets]
    for ann in annotations:
        if not ann['iscrowd']:
            counts[row[ann['category_id']]] += [
                low <= ann['area'] <= high for low, high in limits
            ]
    return counts


def _mean(values: np.ndarray) -> float:
    """Average the entries that are defined; -1, as in pycocotools, if none is."""
    defined = values[values > -1]
    return float(defined.mean()) if defined.size else -1.0
