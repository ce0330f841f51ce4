"""Compare the figures by object size with pycocotools as independent reference."""

import contextlib
import copy
import io

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from mmdet_sodgan.evaluation.metrics.size_buckets import PRESETS, parse_size_buckets
from mmdet_sodgan.evaluation.metrics.size_evaluation import evaluate_by_size

CLASSES = {7: 'bolt', 2: 'nut', 5: 'gear'}
CAT_IDS = list(CLASSES)
# No limits on time: the tests run on busy machines, too.
UNTIMED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
IOU_THRS = np.linspace(0.5, 0.95, 10)
# Whole sides give areas exactly on the edges of the buckets: 64, 256, 1024, 9216.
SIDES = st.one_of(st.sampled_from([8.0, 16.0, 32.0, 96.0]), st.floats(1.0, 130.0))


@st.composite
def scenes(draw):
    """Images, annotations and detections; some images are empty, scores may tie."""
    images = draw(st.lists(st.integers(0, 99), min_size=1, max_size=4, unique=True))
    annotations, detections = [], []
    for image_id in images:
        for _ in range(draw(st.integers(0, 6))):
            bbox = [
                draw(st.floats(0, 200)),
                draw(st.floats(0, 200)),
                draw(SIDES),
                draw(SIDES),
            ]
            category = draw(st.sampled_from(CAT_IDS))
            annotations.append(
                {
                    'id': len(annotations) + 1,
                    'image_id': image_id,
                    'category_id': category,
                    'bbox': bbox,
                    # A mask covers less than its box.
                    'area': bbox[2] * bbox[3] * draw(st.sampled_from([1.0, 0.7])),
                    'iscrowd': draw(st.sampled_from([0, 0, 0, 1])),
                }
            )
            for _ in range(draw(st.integers(0, 3))):
                # IoUs between neighbouring thresholds, so that each is told apart.
                scale = draw(st.sampled_from([1.0, 0.92, 0.77, 0.72, 0.52, 1.3]))
                detections.append(
                    {
                        'image_id': image_id,
                        'category_id': draw(st.sampled_from([category, *CAT_IDS])),
                        'bbox': [bbox[0], bbox[1], bbox[2] * scale, bbox[3]],
                        'score': draw(st.floats(0, 1)),
                    }
                )
    return images, annotations, detections


def run_pycocotools(images, annotations, detections, area_ranges, max_dets=100):
    """AP, AP50, AP75 and AR per area range, and the evaluator's stats if COCO's."""
    with contextlib.redirect_stdout(io.StringIO()):
        coco_gt = COCO()
        coco_gt.dataset = {
            'images': [{'id': image_id} for image_id in images],
            'annotations': copy.deepcopy(annotations),
            'categories': [{'id': cat_id, 'name': str(cat_id)} for cat_id in CAT_IDS],
        }
        coco_gt.createIndex()
        coco_dt = coco_gt.loadRes(copy.deepcopy(detections))
        evaluator = COCOeval(coco_gt, coco_dt, 'bbox')
        if area_ranges is not None:
            evaluator.params.areaRng = [list(limits) for limits in area_ranges]
            evaluator.params.areaRngLbl = [str(limits) for limits in area_ranges]
            evaluator.params.maxDets = [max_dets]
        evaluator.evaluate()
        evaluator.accumulate()
        if area_ranges is None:
            evaluator.summarize()
            return evaluator.stats
    precision, recall = evaluator.eval['precision'], evaluator.eval['recall']

    def mean(values):
        return values[values > -1].mean() if (values > -1).any() else -1.0

    return np.array(
        [
            [
                mean(precision[..., index, 0]),
                mean(precision[0, ..., index, 0]),
                mean(precision[5, ..., index, 0]),
                mean(recall[..., index, 0]),
            ]
            for index in range(len(area_ranges))
        ]
    )


def evaluate(images, annotations, detections, buckets, **kwargs):
    return evaluate_by_size(
        images, annotations, detections, CLASSES, buckets, IOU_THRS, **kwargs
    )


def as_array(figures):
    return np.array(
        [[bucket[key] for key in ('AP', 'AP50', 'AP75', 'AR')] for bucket in figures]
    )


@settings(UNTIMED, max_examples=150)
@given(scenes().filter(lambda scene: scene[2]))
def test_coco_preset_equals_unmodified_pycocotools(scene):
    figures = as_array(evaluate(*scene, PRESETS['coco']))
    stats = run_pycocotools(*scene, area_ranges=None)
    np.testing.assert_allclose(figures[:, 0], stats[3:6], rtol=0, atol=1e-12)
    np.testing.assert_allclose(figures[:, 3], stats[9:12], rtol=0, atol=1e-12)


@settings(UNTIMED, max_examples=150)
@given(
    scenes().filter(lambda scene: scene[2]),
    st.sampled_from([*PRESETS, [0, 8, 16, 32, 96, 1e5], {'a': (3, 9), 'b': (20, 33)}]),
)
def test_all_figures_equal_pycocotools_with_the_same_area_ranges(scene, spec):
    buckets = parse_size_buckets(spec)
    reference = run_pycocotools(*scene, [bucket.inclusive_area for bucket in buckets])
    figures = as_array(evaluate(*scene, buckets))
    np.testing.assert_allclose(figures, reference, rtol=0, atol=1e-12)


@settings(UNTIMED, max_examples=50)
@given(scenes().filter(lambda scene: scene[2]), st.integers(1, 3))
def test_only_the_highest_scored_detections_count(scene, max_dets):
    buckets = PRESETS['coco']
    reference = run_pycocotools(
        *scene, [bucket.inclusive_area for bucket in buckets], max_dets
    )
    figures = as_array(evaluate(*scene, buckets, max_dets=max_dets))
    np.testing.assert_allclose(figures, reference, rtol=0, atol=1e-12)


@settings(UNTIMED, max_examples=50)
@given(scenes())
def test_adjoining_buckets_count_each_object_once(scene):
    figures = evaluate(*scene, parse_size_buckets([0, 8, 16, 32, 96, 1e5]))
    objects = [ann for ann in scene[1] if not ann['iscrowd']]
    assert sum(bucket['num_gt'] for bucket in figures) == len(objects)
    for cat_id, name in CLASSES.items():
        own = [ann for ann in objects if ann['category_id'] == cat_id]
        assert sum(bucket['per_class'][name]['num_gt'] for bucket in figures) == len(
            own
        )


@settings(UNTIMED, max_examples=50)
@given(scenes().filter(lambda scene: scene[2]))
def test_figures_per_class_equal_an_evaluation_of_that_class_alone(scene):
    images, annotations, detections = scene
    buckets = PRESETS['coco']
    figures = evaluate(images, annotations, detections, buckets)
    for cat_id, name in CLASSES.items():
        own = [det for det in detections if det['category_id'] == cat_id]
        anns = [ann for ann in annotations if ann['category_id'] == cat_id]
        if own:
            reference = run_pycocotools(
                images, anns, own, [bucket.inclusive_area for bucket in buckets]
            )
            of_class = [bucket['per_class'][name] for bucket in figures]
            np.testing.assert_allclose(
                as_array(of_class), reference, rtol=0, atol=1e-12
            )


def make_scene(side):
    ann = {'id': 1, 'image_id': 0, 'category_id': 2, 'bbox': [5, 5, side, side]}
    return [0], [{**ann, 'area': side**2, 'iscrowd': 0}]


def test_without_detections_figures_are_0_where_there_are_objects_and_minus_1_else():
    images, annotations = make_scene(20.0)
    figures = as_array(evaluate(images, annotations, [], PRESETS['aitod']))
    np.testing.assert_array_equal(figures[[0, 1, 3]], -1)
    np.testing.assert_array_equal(figures[2], 0)


@pytest.mark.parametrize(
    'side, coco, half_open',
    [(32.0, [1, 1, 0], [0, 1, 0]), (96.0, [0, 1, 1], [0, 0, 1])],
)
def test_an_object_on_an_edge_counts_twice_in_the_coco_preset_only(
    side, coco, half_open
):
    images, annotations = make_scene(side)
    edges = parse_size_buckets([0, 32, 96, 1e5])
    for buckets, num_gt in ((PRESETS['coco'], coco), (edges, half_open)):
        figures = evaluate(images, annotations, [], buckets)
        assert [bucket['num_gt'] for bucket in figures] == num_gt


def test_image_ids_may_be_strings_and_annotation_ids_may_start_at_0():
    _, annotations = make_scene(20.0)
    annotations = [{**annotations[0], 'image_id': 'img_b', 'id': 0}]
    detection = {'image_id': 'img_b', 'category_id': 2, 'score': 0.5}
    detection['bbox'] = annotations[0]['bbox']
    (figures,) = evaluate(
        ['img_b', 'img_a'], annotations, [detection], parse_size_buckets([16, 32])
    )
    assert figures['AP'] == pytest.approx(1.0, abs=1e-12)


def test_annotations_of_categories_that_are_not_evaluated_are_left_out():
    images, annotations = make_scene(20.0)
    annotations.append({**annotations[0], 'id': 2, 'category_id': 99})
    (figures,) = evaluate(images, annotations, [], parse_size_buckets([16, 32]))
    assert figures['num_gt'] == 1
