import numpy as np

from mmdet_sodgan.deploy.agreement import Agreement, agreement

BOXES = np.array([[0, 0, 10, 10], [20, 20, 30, 30.0]])
SCORES, LABELS = np.array([0.9, 0.5]), np.array([0, 1])
EXPECTED = BOXES, SCORES, LABELS


def compare(boxes=BOXES, scores=SCORES, labels=LABELS, max_per_img=100):
    return agreement(EXPECTED, (boxes, scores, labels), 0.05, max_per_img)


def test_differences_within_the_tolerance_are_measured():
    found = compare(BOXES + [[0, 0, 0.25, 0], [0] * 4], SCORES - [0, 0.0005])
    assert found[:2] == (2, 0)
    np.testing.assert_allclose(found[2:], [0.25, 0.0005])


def test_order_of_the_lists_does_not_matter():
    assert compare(BOXES[::-1], SCORES[::-1], LABELS[::-1]) == Agreement(2)


def test_box_score_or_class_beyond_it_counts_on_both_sides():
    assert compare(BOXES + [[0.6, 0, 0, 0], [0] * 4]).unmatched == 2
    assert compare(scores=SCORES - [0, 0.002]).unmatched == 2
    assert compare(labels=np.array([0, 0])).unmatched == 2


def test_missing_and_additional_detections_count():
    assert compare(BOXES[:1], SCORES[:1], LABELS[:1]).unmatched == 1
    doubled = (np.concatenate([x, x[:1]]) for x in EXPECTED)
    assert compare(*doubled).unmatched == 1


def test_detection_at_the_threshold_may_be_on_one_side_only():
    found = agreement(EXPECTED, (BOXES[:1], SCORES[:1], LABELS[:1]), 0.4995, 100)
    assert found.unmatched == 0
    # The last of a full list.
    assert compare(BOXES[[0, 0]], SCORES[[0, 0]] - [0, 0.4], LABELS[[0, 0]], 2) == (
        Agreement(2)
    )


def test_images_add_up():
    assert Agreement(1, 0, 0.2, 0.0) | Agreement(2, 1, 0.1, 0.3) == (3, 1, 0.2, 0.3)
