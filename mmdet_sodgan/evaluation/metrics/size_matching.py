"""Greedy matching of detections to objects, for many size buckets at once.

The rules are those of COCO (Lin et al., Microsoft COCO, ECCV 2014) as pycocotools
applies them: within an image and a category, detections choose in order of score.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from ...structures.size_bucket import SizeBucket, inside

# Pairs of detection and object whose IoU is computed at once: bounds the memory.
CHUNK = 1 << 15


@dataclass
class Boxes:
    """Boxes of many images and categories, one entry each.

    Args:
        category (np.ndarray): Index of the category, shape (N,), int.
        image (np.ndarray): Index of the image, shape (N,), int.
        bbox (np.ndarray): (x, y, w, h) in px, shape (N, 4), float64.
    """

    category: np.ndarray
    image: np.ndarray
    bbox: np.ndarray

    @property
    def area(self) -> np.ndarray:
        """np.ndarray: Areas of the boxes in px^2, shape (N,)."""
        return self.bbox[:, 2] * self.bbox[:, 3]


@dataclass
class Objects(Boxes):
    """Ground truth.

    Args:
        size (np.ndarray): Area that decides on the bucket in px^2, shape (N,).
        crowd (np.ndarray): Whether it is a crowd region, shape (N,), bool.
    """

    size: np.ndarray
    crowd: np.ndarray


@dataclass
class Detections(Boxes):
    """Results of a detector.

    Args:
        score (np.ndarray): Scores, shape (N,).
    """

    score: np.ndarray


@dataclass
class Matches:
    """Outcome for the detections that overlap an object enough for any threshold.

    All other detections are false positives in the buckets that hold their area.

    Args:
        detection (np.ndarray): Index of the detection, increasing, shape (M,).
        hit (np.ndarray): Whether it is a true positive, shape (M, buckets,
            thresholds), bool.
        counted (np.ndarray): Whether it is a true or a false positive rather than
            ignored, of the same shape.
    """

    detection: np.ndarray
    hit: np.ndarray
    counted: np.ndarray


def keep_highest(detections: Detections, max_dets: int) -> Detections:
    """Sort by category, image and falling score; keep the first of each pair.

    Equal scores keep their order, as in pycocotools.

    Args:
        detections (Detections): Detections in any order.
        max_dets (int): Number kept of each image and category.

    Returns:
        Detections: The sorted ones that are kept.
    """
    order = np.lexsort((-detections.score, detections.image, detections.category))
    rank = _rank(detections.category[order], detections.image[order])
    order = order[rank < max_dets]
    return Detections(
        detections.category[order],
        detections.image[order],
        detections.bbox[order],
        detections.score[order],
    )


def match(
    objects: Objects,
    detections: Detections,
    buckets: Sequence[SizeBucket],
    iou_thrs: np.ndarray,
) -> Matches:
    """Match detections to objects at each IoU threshold and in each bucket.

    A detection takes the free object of highest IoU, the last one of equals. Objects
    of the bucket come first; only without one it takes an object outside it or a
    crowd region and is ignored. Crowd regions stay free.

    Args:
        objects (Objects): Ground truth in any order.
        detections (Detections): Sorted by :func:`keep_highest`.
        buckets (Sequence[SizeBucket]): The size buckets.
        iou_thrs (np.ndarray): IoU thresholds, shape (thresholds,).

    Returns:
        Matches: The outcome.
    """
    # An IoU of 1 must reach a threshold of 1 in spite of rounding.
    iou_thrs = np.minimum(iou_thrs, 1 - 1e-10)
    shape = (len(buckets), len(iou_thrs))
    # The buckets and the thresholds share an axis of columns: each column is a
    # matching of its own.
    least = np.tile(iou_thrs, len(buckets))
    ignored = ~inside(objects.size, buckets) | objects.crowd[:, None]
    ignored = np.repeat(ignored, len(iou_thrs), axis=1)
    free = np.ones_like(ignored)

    det, obj, iou = _overlaps(objects, detections, iou_thrs.min())
    rows, first, count = np.unique(det, return_index=True, return_counts=True)
    in_bucket = inside(detections.area[rows], buckets)
    counted = np.repeat(in_bucket, len(iou_thrs), axis=1)
    hit = np.zeros_like(counted)
    for turn in _turns(detections, rows, count):
        best = np.full((len(turn), free.shape[1]), -1, dtype=np.int32)
        best_ignored = best.copy()
        for step in range(count[turn[0]]):
            # IoUs rise from step to step, so that a later one replaces the earlier.
            going_on = turn[: np.count_nonzero(count[turn] > step)]
            edge = first[going_on] + step
            candidate = obj[edge, None]
            possible = free[obj[edge]] & (iou[edge, None] >= least)
            aside = ignored[obj[edge]]
            part = slice(len(going_on))
            np.copyto(best[part], candidate, where=possible & ~aside)
            np.copyto(best_ignored[part], candidate, where=possible & aside)
        hit[turn] = best >= 0
        taken = np.where(best >= 0, best, best_ignored)
        counted[turn] = np.where(taken >= 0, best >= 0, counted[turn])
        row, column = np.nonzero(taken >= 0)
        taken = taken[row, column]
        free[taken, column] = objects.crowd[taken]
    return Matches(rows, hit.reshape(-1, *shape), counted.reshape(-1, *shape))


def _turns(
    detections: Detections, rows: np.ndarray, count: np.ndarray
) -> Iterator[np.ndarray]:
    """Yield indices into rows such that detections of one turn do not compete.

    A turn holds one detection of each image and category, those with most overlaps
    first; earlier turns have the higher scores.
    """
    rank = _rank(detections.category[rows], detections.image[rows])
    order = np.lexsort((-count, rank))
    if len(order):
        yield from np.split(order, np.cumsum(np.bincount(rank))[:-1])


def _rank(category: np.ndarray, image: np.ndarray) -> np.ndarray:
    """Number the entries of each category and image from 0; sorted by these."""
    is_new = np.ones(len(category), dtype=bool)
    is_new[1:] = (np.diff(category) != 0) | (np.diff(image) != 0)
    return _count_up(np.diff(np.flatnonzero(is_new), append=len(category)))


def _count_up(lengths: np.ndarray) -> np.ndarray:
    """Return 0, 1, ... length - 1 for each of the lengths, one after the other."""
    return np.arange(lengths.sum()) - np.repeat(np.cumsum(lengths) - lengths, lengths)


def _overlaps(
    objects: Objects, detections: Detections, min_iou: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Find detections and objects of the same image and category that overlap.

    Returns:
        tuple[np.ndarray, np.ndarray, np.ndarray]: Index of the detection, index of
        the object and IoU, each of shape (overlaps,), sorted by detection, then IoU,
        then object.
    """
    num_images = 1 + max(objects.image.max(initial=0), detections.image.max(initial=0))
    key = objects.category * num_images + objects.image
    order = np.argsort(key, kind='stable')
    key, wanted = key[order], detections.category * num_images + detections.image
    start = np.searchsorted(key, wanted)
    count = np.searchsorted(key, wanted, side='right') - start
    rows = np.flatnonzero(count)
    total = np.cumsum(count[rows])
    cuts = np.arange(CHUNK, count.sum(), CHUNK)
    found = [(np.zeros(0, dtype=int), np.zeros(0, dtype=int), np.zeros(0))]
    for part in np.split(rows, np.searchsorted(total, cuts)):
        det = np.repeat(part, count[part])
        obj = order[np.repeat(start[part], count[part]) + _count_up(count[part])]
        iou = _iou(detections.bbox[det], objects.bbox[obj], objects.crowd[obj])
        near = iou >= min_iou
        found.append((det[near], obj[near], iou[near]))
    det, obj, iou = (np.concatenate(arrays) for arrays in zip(*found, strict=True))
    order = np.lexsort((iou, det))
    return det[order], obj[order], iou[order]


def _iou(boxes: np.ndarray, others: np.ndarray, crowd: np.ndarray) -> np.ndarray:
    """Compute the IoU of boxes (N, 4) in pairs; in a crowd, the share of the first."""
    low = np.maximum(boxes[:, :2], others[:, :2])
    high = np.minimum(boxes[:, :2] + boxes[:, 2:], others[:, :2] + others[:, 2:])
    sides = np.maximum(high - low, 0)
    common = sides[:, 0] * sides[:, 1]
    area = boxes[:, 2] * boxes[:, 3]
    union = np.where(crowd, area, area + others[:, 2] * others[:, 3] - common)
    # Boxes without area overlap nothing.
    return np.divide(common, union, out=np.zeros_like(common), where=common > 0)
