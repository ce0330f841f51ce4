"""Average precision and recall by object size."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain

import numpy as np

from ...structures.size_bucket import SizeBucket, inside
from .size_matching import Detections, Objects, keep_highest, match

RECALLS = np.linspace(0, 1, 101)  # at which precision is sampled


def evaluate_by_size(
    images: Sequence[int | str],
    annotations: Sequence[dict],
    detections: Sequence[dict],
    classes: Mapping[int, str],
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
        classes (Mapping[int, str]): Names of the categories to evaluate, by id.
        buckets (Sequence[SizeBucket]): The size buckets.
        iou_thrs (Sequence[float]): IoU thresholds; must include 0.5 and 0.75.
        max_dets (int): Number of highest-scored detections used of each image and
            category. Defaults to 100.

    Returns:
        list[dict]: For each bucket its fields, ``sides`` in px, ``AP``, ``AP50``,
        ``AP75``, ``AR`` (floats in [0, 1], or -1 where the bucket holds no object),
        ``num_gt`` (int, crowd regions not counted) and ``per_class``, a dict of class
        name to the same five figures.
    """
    # Sorted as in pycocotools, where the order decides between equal scores.
    category_index = {cat_id: index for index, cat_id in enumerate(sorted(classes))}
    image_index = {image_id: index for index, image_id in enumerate(sorted(images))}
    iou_thrs = np.asarray(iou_thrs, dtype=float)
    precision, recall, num_gt = _measure(
        _to_objects(annotations, category_index, image_index),
        keep_highest(_to_detections(detections, category_index, image_index), max_dets),
        len(category_index),
        buckets,
        iou_thrs,
    )
    at_50, at_75 = np.isclose(iou_thrs, 0.5), np.isclose(iou_thrs, 0.75)

    def figures(classes: slice, bucket: int) -> dict:
        p = precision[:, :, classes, bucket]
        return {
            'AP': _mean(p),
            'AP50': _mean(p[at_50]),
            'AP75': _mean(p[at_75]),
            'AR': _mean(recall[:, classes, bucket]),
            'num_gt': int(num_gt[classes, bucket].sum()),
        }

    return [
        {
            **bucket.to_dict(),
            'sides': bucket.sides,
            **figures(slice(None), number),
            'per_class': {
                classes[cat_id]: figures(slice(index, index + 1), number)
                for cat_id, index in category_index.items()
            },
        }
        for number, bucket in enumerate(buckets)
    ]


def to_coco_results(predictions: Iterable[dict], cat_ids: Sequence[int]) -> list[dict]:
    """Convert predictions of mmdet to COCO format, in memory.

    Args:
        predictions (Iterable[dict]): Of each image ``img_id`` and arrays ``bboxes``
            (x1, y1, x2, y2 in px), shape (N, 4), ``scores`` and ``labels``, (N,).
        cat_ids (Sequence[int]): Category id of each label.

    Returns:
        list[dict]: As :func:`evaluate_by_size` takes them.
    """
    detections = []
    for pred in predictions:
        boxes = pred['bboxes'].astype(np.float64)
        boxes[:, 2:] -= boxes[:, :2]
        columns = boxes.tolist(), pred['scores'].tolist(), pred['labels'].tolist()
        for box, score, label in zip(*columns, strict=True):
            about = dict(image_id=pred['img_id'], category_id=cat_ids[label])
            detections.append(dict(about, bbox=box, score=score))
    return detections


def _to_objects(
    annotations: Sequence[dict],
    category_index: Mapping[int, int],
    image_index: Mapping[int | str, int],
) -> Objects:
    """Convert the annotations of the evaluated images and categories to arrays."""
    kept = [
        ann
        for ann in annotations
        if ann['category_id'] in category_index and ann['image_id'] in image_index
    ]
    return Objects(
        **_to_boxes(kept, category_index, image_index),
        size=np.array([ann['area'] for ann in kept], dtype=float),
        crowd=np.array([ann.get('iscrowd', 0) for ann in kept], dtype=bool),
    )


def _to_detections(
    detections: Sequence[dict],
    category_index: Mapping[int, int],
    image_index: Mapping[int | str, int],
) -> Detections:
    """Convert the detections of the evaluated categories to arrays."""
    kept = [det for det in detections if det['category_id'] in category_index]
    return Detections(
        **_to_boxes(kept, category_index, image_index),
        score=np.array([det['score'] for det in kept], dtype=float),
    )


def _to_boxes(
    entries: Sequence[dict],
    category_index: Mapping[int, int],
    image_index: Mapping[int | str, int],
) -> dict[str, np.ndarray]:
    numbers = chain.from_iterable(entry['bbox'] for entry in entries)
    return {
        'category': np.array([category_index[e['category_id']] for e in entries], int),
        'image': np.array([image_index[e['image_id']] for e in entries], int),
        'bbox': np.fromiter(numbers, float, 4 * len(entries)).reshape(-1, 4),
    }


def _measure(
    objects: Objects,
    detections: Detections,
    num_classes: int,
    buckets: Sequence[SizeBucket],
    iou_thrs: np.ndarray,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Measure each class, bucket and threshold; -1 where there is no object.

    Returns:
        tuple[np.ndarray, np.ndarray, np.ndarray]: Interpolated precision, shape
        (thresholds, recalls, classes, buckets), final recall, shape (thresholds,
        classes, buckets), and number of objects, shape (classes, buckets).
    """
    num_gt = np.zeros((num_classes, len(buckets)), dtype=int)
    counted = inside(objects.size, buckets) & ~objects.crowd[:, None]
    np.add.at(num_gt, objects.category, counted)
    matches = match(objects, detections, buckets, iou_thrs)
    row = np.full(len(detections.score), -1)  # of each detection in the matches
    row[matches.detection] = np.arange(len(matches.detection))
    in_bucket = inside(detections.area, buckets)

    precision = np.empty((len(iou_thrs), len(RECALLS), *num_gt.shape))
    recall = np.empty((len(iou_thrs), *num_gt.shape))
    order = np.lexsort((-detections.score, detections.category))
    ends = np.cumsum(np.bincount(detections.category, minlength=num_classes))
    for index, members in enumerate(np.split(order, ends[:-1])):
        # A false positive only lowers the precision until the next true positive,
        # which lies among the matches: the others need no more than counting.
        near = np.flatnonzero(row[members] >= 0)
        rows = row[members[near]]
        others = in_bucket[members]
        others[near] = False
        total = _add_up(others)[near, :, None] + _add_up(matches.counted[rows])
        precision[..., index, :], recall[:, index] = _sample(
            _add_up(matches.hit[rows]), total, num_gt[index]
        )
    return precision, recall, num_gt


def _add_up(values: np.ndarray) -> np.ndarray:
    """Count the true entries up to each one, along the first axis."""
    return np.cumsum(values, axis=0, dtype=np.int32)


def _sample(
    true: np.ndarray, total: np.ndarray, num_gt: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Sample the precision of a class at each of the recalls.

    Args:
        true (np.ndarray): Number of true positives up to each detection, in order of
            falling score, shape (N, buckets, thresholds).
        total (np.ndarray): Number of true and false positives up to each detection,
            of the same shape.
        num_gt (np.ndarray): Number of objects, shape (buckets,).

    Returns:
        tuple[np.ndarray, np.ndarray]: Precision, shape (thresholds, recalls,
        buckets), and final recall, shape (thresholds, buckets); -1 where there is no
        object.
    """
    num_buckets, num_thresholds = true.shape[1:]
    precision = np.full((num_thresholds, len(RECALLS), num_buckets), -1.0)
    recall = np.full((num_thresholds, num_buckets), -1.0)
    # pycocotools adds the same term, so that a precision of 1 is just below 1.
    highest = true / (total + np.spacing(1.0))
    highest = np.maximum.accumulate(highest[::-1], axis=0)[::-1]
    # A recall that is not reached has precision 0.
    highest = np.concatenate([highest, np.zeros((1, num_buckets, num_thresholds))])
    for bucket in np.flatnonzero(num_gt):
        for threshold in range(num_thresholds):
            reached = true[:, bucket, threshold] / num_gt[bucket]
            first = np.searchsorted(reached, RECALLS)
            precision[threshold, :, bucket] = highest[first, bucket, threshold]
            recall[threshold, bucket] = reached[-1] if len(reached) else 0.0
    return precision, recall


def _mean(values: np.ndarray) -> float:
    """Average the entries that are defined; -1, as in pycocotools, if none is."""
    defined = values[values > -1]
    return float(defined.mean()) if defined.size else -1.0
