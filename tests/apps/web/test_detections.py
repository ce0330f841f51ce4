import numpy as np
import pytest
import torch
from mmdet.structures import DetDataSample
from mmengine.structures import InstanceData

from mmdet_sodgan.apps.web.detections import Detections
from mmdet_sodgan.apps.web.size_table import EVERY_SIZE
from mmdet_sodgan.evaluation.metrics.size_buckets import PRESETS


def make(boxes, scores=None):
    """Detections of one class."""
    boxes = np.array(boxes, dtype=float).reshape(-1, 4)
    scores = np.full(len(boxes), 0.5) if scores is None else np.array(scores)
    return Detections(boxes, scores, np.array(['a'] * len(boxes), dtype=object))


def test_surest_box_of_a_sample_comes_last_with_its_own_name():
    found = InstanceData(
        bboxes=torch.tensor([[0.0, 0, 1, 1], [0, 0, 2, 2], [0, 0, 3, 3]]),
        scores=torch.tensor([0.5, 0.9, 0.25]),
        labels=torch.tensor([1, 0, 1]),
    )
    detections = Detections.from_sample(DetDataSample(pred_instances=found), ('a', 'b'))
    assert detections.scores == pytest.approx([0.25, 0.5, 0.9])
    assert detections.boxes[:, 2].tolist() == [3, 1, 2]
    assert detections.texts == ['b 0.25', 'b 0.50', 'a 0.90']


def test_a_score_at_the_threshold_is_left_out_as_mmdet_does():
    detections = make([[0, 0, 1, 1], [0, 0, 2, 2]], [0.5, 0.75]).above(0.5)
    assert detections.scores.tolist() == [0.75]
    assert detections.boxes.tolist() == [[0, 0, 2, 2]]


@pytest.mark.parametrize('buckets', [EVERY_SIZE, *PRESETS.values()])
def test_ranges_of_each_box_are_those_of_the_metric_by_definition(buckets):
    sides = [0, 1, 2, 7.9, 8, 12, 16, 20, 31.9, 32, 64, 96, 300]
    rows = make([[5, 5, 5 + side, 5 + side] for side in sides]).in_buckets(buckets)
    for side, row in zip(sides, rows, strict=True):
        area = (5 + side - 5) ** 2
        for bucket, inside in zip(buckets, row, strict=True):
            low = area > bucket.min_area or (
                area == bucket.min_area and bucket.closed in ('left', 'both')
            )
            high = area < bucket.max_area or (
                area == bucket.max_area and bucket.closed in ('right', 'both')
            )
            assert inside == (low and high), (side, bucket)


def test_no_boxes_are_in_no_range():
    assert make([]).in_buckets(EVERY_SIZE).shape == (0, 5)
