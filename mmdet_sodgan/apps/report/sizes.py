"""AP by object size and class."""

from collections.abc import Mapping, Sequence

import numpy as np

from ...evaluation.metrics.size_evaluation import evaluate_by_size
from ...structures.size_bucket import MAX_SIDE, SizeBucket
from .ground_truth import GroundTruth

ALL = SizeBucket('all', 0.0, MAX_SIDE**2, 'both', aggregate=True)
COCO_IOU_THRS = np.linspace(0.5, 0.95, 10)


def measure_sizes(
    truth: GroundTruth,
    detections: Sequence[dict],
    buckets: Sequence[SizeBucket],
    max_dets: int = 100,
) -> list[dict]:
    """Score detections by size and class.

    Args:
        truth (GroundTruth): Objects.
        detections (Sequence[dict]): In COCO format.
        buckets (Sequence[SizeBucket]): Ranges of size.
        max_dets (int): Number of highest-scored detections used of each image and
            class.

    Returns:
        list[dict]: For all sizes, then for each bucket its fields, ``sides``,
        ``label``, ``AP``, ``AP50``, ``AP75``, ``AR``, ``num_gt`` and ``per_class``, a
        dict of class name to the same figures. AP is over COCO's ten IoU thresholds,
        in [0, 1], or -1 where there is no object.
    """
    buckets = [ALL, *buckets]
    entries = evaluate_by_size(
        list(truth.images),
        truth.annotations,
        detections,
        truth.classes,
        buckets,
        COCO_IOU_THRS,
        max_dets,
    )
    return sizes_of_file(dict(buckets=entries), buckets)


def sizes_of_file(by_size: Mapping, buckets: Sequence[SizeBucket]) -> list[dict]:
    """Bring ``bbox_size.json`` into the form of :func:`measure_sizes`.

    Args:
        by_size (Mapping): The file.
        buckets (Sequence[SizeBucket]): Its buckets.

    Returns:
        list[dict]: As there, without 'all'; ``per_class`` is empty where the metric
        had ``classwise=False``.
    """
    return [
        {'per_class': {}, **entry, 'label': bucket.label}
        for entry, bucket in zip(by_size['buckets'], buckets, strict=True)
    ]
