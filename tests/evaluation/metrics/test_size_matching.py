"""Compare matches and figures with pycocotools on dense, tied scenes."""

import contextlib
import io
import tracemalloc

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from mmdet_sodgan.evaluation.metrics import size_matching
from mmdet_sodgan.evaluation.metrics.size_buckets import PRESETS, parse_size_buckets
from mmdet_sodgan.evaluation.metrics.size_evaluation import evaluate_by_size
from mmdet_sodgan.evaluation.metrics.size_matching import (
    Detections,
    Objects,
    keep_highest,
    match,
)
from mmdet_sodgan.structures.size_bucket import SizeBucket, inside

IOU_THRS = np.linspace(0.5, 0.95, 10)
NUM_IMAGES, NUM_CLASSES = 4, 2
UNTIMED = settings(
    deadline=None, max_examples=200, suppress_health_check=[HealthCheck.too_slow]
)
# Few places and sides, so that boxes coincide, IoUs tie and sides of 8, 16 and 32 put
# areas on edges; the uneven ones tell neighbouring thresholds apart.
PLACES = st.sampled_from([0.0, 1.0, 2.5, 40.0])
SIDES = st.sampled_from([0.0, 7.0, 8.0, 9.3, 16.0, 17.1, 31.0, 32.0])
BOXES = st.tuples(PLACES, PLACES, SIDES, SIDES).map(list)
CLASSES = st.integers(0, NUM_CLASSES - 1)
BUCKETS = st.sampled_from(
    [*PRESETS, [0, 8, 16, 32, 96, 1e5], {'a': (3, 9), 'b': (20, 33)}]
).map(parse_size_buckets)


@st.composite
def scenes(draw):
    """Annotations and detections; some images or classes have none of either."""
    annotations, detections = [], []
    for image_id in range(NUM_IMAGES):
        for bbox in draw(st.lists(BOXES, max_size=7)):
            area = bbox[2] * bbox[3] * draw(st.sampled_from([1.0, 0.7]))
            annotations.append(
                {
                    'id': len(annotations) + 1,
                    'image_id': image_id,
                    'category_id': draw(CLASSES),
                    'bbox': bbox,
                    'area': area,
                    'iscrowd': draw(st.sampled_from([0, 0, 0, 1])),
                }
            )
        for bbox in draw(st.lists(BOXES, max_size=9)):
            detections.append(
                {
                    'image_id': image_id,
                    'category_id': draw(CLASSES),
                    'bbox': bbox,
                    'score': draw(st.sampled_from([0.1, 0.5, 0.9])),
                }
            )
    # Images take turns in the lists, as nothing says that they must be sorted.
    return draw(st.permutations(annotations)), draw(st.permutations(detections))


def run_pycocotools(annotations, detections, buckets, iou_thrs, max_dets):
    with contextlib.redirect_stdout(io.StringIO()):
        ground_truth = COCO()
        ground_truth.dataset = {
            'images': [{'id': image_id} for image_id in range(NUM_IMAGES)],
            'annotations': [dict(annotation) for annotation in annotations],
            'categories': [{'id': cat_id} for cat_id in range(NUM_CLASSES)],
        }
        ground_truth.createIndex()
        results = ground_truth.loadRes([dict(detection) for detection in detections])
        evaluator = COCOeval(ground_truth, results, 'bbox')
        evaluator.params.iouThrs = iou_thrs
        evaluator.params.areaRng = [list(bucket.inclusive_area) for bucket in buckets]
        evaluator.params.areaRngLbl = [bucket.name for bucket in buckets]
        evaluator.params.maxDets = [max_dets]
        evaluator.evaluate()
        evaluator.accumulate()
    return evaluator


def to_arrays(entries, **fields):
    kind = Objects if 'crowd' in fields else Detections
    return kind(
        np.array([entry['category_id'] for entry in entries], dtype=int),
        np.array([entry['image_id'] for entry in entries], dtype=int),
        np.array([entry['bbox'] for entry in entries], dtype=float).reshape(-1, 4),
        **{
            name: np.array([entry[key] for entry in entries], dtype=dtype)
            for name, (key, dtype) in fields.items()
        },
    )


def run_match(annotations, detections, buckets, iou_thrs, max_dets):
    """Sorted detections and, for each, whether it is a hit and whether it counts."""
    kept = keep_highest(to_arrays(detections, score=('score', float)), max_dets)
    objects = to_arrays(annotations, size=('area', float), crowd=('iscrowd', bool))
    matches = match(objects, kept, buckets, iou_thrs)
    counted = np.repeat(inside(kept.area, buckets)[:, :, None], len(iou_thrs), axis=2)
    hit = np.zeros_like(counted)
    hit[matches.detection] = matches.hit
    counted[matches.detection] = matches.counted
    return kept, hit, counted


@UNTIMED
@given(scenes().filter(lambda scene: scene[1]), BUCKETS, st.sampled_from([1, 3, 100]))
def test_each_detection_is_matched_as_by_pycocotools(scene, buckets, max_dets):
    iou_thrs = np.append(IOU_THRS, 1.0)
    arguments = (*scene, buckets, iou_thrs, max_dets)
    kept, hit, counted = run_match(*arguments)
    evaluations = iter(run_pycocotools(*arguments).evalImgs)
    for cat_id in range(NUM_CLASSES):
        for bucket in range(len(buckets)):
            for image_id in range(NUM_IMAGES):
                own = (kept.category == cat_id) & (kept.image == image_id)
                expected = next(evaluations)
                if expected is None:  # neither objects nor detections
                    assert not own.any()
                    continue
                ignored = expected['dtIgnore'].astype(bool)
                matched = expected['dtMatches'] > 0
                assert kept.score[own].tolist() == expected['dtScores']
                np.testing.assert_array_equal(counted[own, bucket].T, ~ignored)
                np.testing.assert_array_equal(hit[own, bucket].T, matched & ~ignored)


@UNTIMED
@given(scenes().filter(lambda scene: scene[1]), BUCKETS, st.sampled_from([1, 3, 100]))
def test_figures_equal_pycocotools(scene, buckets, max_dets):
    evaluator = run_pycocotools(*scene, buckets, IOU_THRS, max_dets)
    precision, recall = evaluator.eval['precision'], evaluator.eval['recall']
    images, classes = range(NUM_IMAGES), dict(enumerate(range(NUM_CLASSES)))
    figures = evaluate_by_size(images, *scene, classes, buckets, IOU_THRS, max_dets)
    for index, bucket in enumerate(figures):
        rows = [(slice(None), bucket), *bucket['per_class'].items()]
        for classes, row in rows:
            p, r = precision[:, :, classes, index, 0], recall[:, classes, index, 0]
            expected = [mean(p), mean(p[0]), mean(p[5]), mean(r)]
            got = [row[key] for key in ('AP', 'AP50', 'AP75', 'AR')]
            np.testing.assert_allclose(got, expected, rtol=0, atol=1e-12)


def mean(values):
    return values[values > -1].mean() if (values > -1).any() else -1.0


@UNTIMED
@given(scenes(), st.integers(1, 9))
def test_chunks_do_not_change_the_matches(scene, chunk):
    arguments = (*scene, PRESETS['coco'], IOU_THRS, 100)
    expected = run_match(*arguments)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(size_matching, 'CHUNK', chunk)
        got = run_match(*arguments)
    np.testing.assert_array_equal(got[1], expected[1])
    np.testing.assert_array_equal(got[2], expected[2])


def box(image_id=0, **kwargs):
    return {'image_id': image_id, 'category_id': 0, 'bbox': [0, 0, 20, 20], **kwargs}


def match_in_one_bucket(annotations, detections, iou_thr=0.5):
    buckets = [SizeBucket('some', 100, 1000, closed='both')]
    _, hit, counted = run_match(
        annotations, detections, buckets, np.array([iou_thr]), max_dets=100
    )
    return hit[:, 0, 0].tolist(), counted[:, 0, 0].tolist()


def test_a_crowd_region_absorbs_any_number_of_detections():
    crowd = box(bbox=[0, 0, 200, 200], area=400, iscrowd=1)
    detections = [box(score=score) for score in (0.9, 0.8, 0.7)]
    assert match_in_one_bucket([crowd], detections) == ([False] * 3, [False] * 3)


def test_an_object_of_the_bucket_precedes_a_nearer_one_outside_it():
    inner = box(bbox=[0, 0, 20, 26], area=520, iscrowd=0)
    outer = box(area=99, iscrowd=0)
    detections = [box(score=score) for score in (0.9, 0.8, 0.7)]
    # The second takes the one outside and is ignored, nothing is left for the third.
    assert match_in_one_bucket([outer, inner], detections) == (
        [True, False, False],
        [True, False, True],
    )


@pytest.mark.parametrize(
    'last, hits', [('lower', [True, False]), ('upper', [True] * 2)]
)
def test_the_last_of_equally_near_objects_is_taken(last, hits):
    upper = box(bbox=[0, 0, 20, 10], area=200, iscrowd=0)
    lower = box(bbox=[0, 10, 20, 10], area=200, iscrowd=0)
    objects = [upper, lower] if last == 'lower' else [lower, upper]
    # The first detection is as near to both, the second fits the lower one only.
    detections = [box(score=0.9), box(bbox=lower['bbox'], score=0.8)]
    assert match_in_one_bucket(objects, detections) == (hits, [True] * 2)


def test_an_iou_of_1_reaches_a_threshold_of_1_in_spite_of_rounding():
    bbox = [81.9, 88.5, 23.1, 24.0]
    assert (bbox[0] + bbox[2]) - bbox[0] < bbox[2]
    objects = [box(bbox=bbox, area=400, iscrowd=0)]
    detections = [box(bbox=bbox, score=0.9)]
    assert match_in_one_bucket(objects, detections, iou_thr=1.0) == ([True], [True])


@pytest.mark.parametrize('annotations', [[], [box(1, area=400, iscrowd=0)]])
@pytest.mark.parametrize('detections', [[], [box(score=0.5)]])
def test_without_overlap_nothing_is_a_hit(annotations, detections):
    number = len(detections)
    assert match_in_one_bucket(annotations, detections) == (
        [False] * number,
        [True] * number,
    )


def test_memory_depends_on_the_detections_and_not_on_the_number_of_images():
    rng = np.random.default_rng(0)
    number = 20_000
    boxes = rng.uniform(5, 50, (number, 4)).tolist()
    scores = rng.random(number).tolist()

    def peak(num_images):
        images = list(range(num_images))
        entries = [
            box(index * num_images // number, bbox=bbox, score=score)
            for index, (bbox, score) in enumerate(zip(boxes, scores, strict=True))
        ]
        annotations = [{**entry, 'area': 400.0} for entry in entries[::20]]
        tracemalloc.start()
        evaluate_by_size(
            images, annotations, entries, {0: 'nut'}, PRESETS['coco'], IOU_THRS, 1000
        )
        result = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return result

    few, many = peak(100), peak(5000)
    assert many <= few
    assert few < 500 * number  # bytes
