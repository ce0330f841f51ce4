"""Time the metric by object size against pycocotools on synthetic detections.

Both sides get the same lists in COCO format, take turns in one process and use one
thread. pycocotools' time is given with and without the indexing of those lists. Then
the same for the whole metrics, from the arrays that a detector hands over:
SizeCocoMetric with 'bbox_size' against mmdet's CocoMetric with 'bbox'.

    OMP_NUM_THREADS=1 python tools/benchmark/metric_speed.py --out metric_speed.json
"""

import argparse
import contextlib
import io
import json
import os
import tempfile
import time
import tracemalloc
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from statistics import median

import numpy as np
from metric_scene import HEIGHT, WIDTH, make_scene
from mmdet.evaluation import CocoMetric
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from mmdet_sodgan.evaluation.metrics import SizeCocoMetric
from mmdet_sodgan.evaluation.metrics.size_buckets import parse_size_buckets
from mmdet_sodgan.evaluation.metrics.size_evaluation import evaluate_by_size
from mmdet_sodgan.utils.provenance import provenance

BUCKETS = parse_size_buckets('coco')
IOU_THRS = np.linspace(0.5, 0.95, 10)
FIGURES = ('AP', 'AP50', 'AP75', 'AR')


def parse_args(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument('--images', type=int, default=5000)
    parser.add_argument('--detections', type=int, default=500_000)
    parser.add_argument('--categories', type=int, default=80)
    parser.add_argument('--rounds', type=int, default=3, help='of both sides')
    parser.add_argument('--seed', type=int, default=0)
    parser.add_argument('--out', type=Path, help='JSON file to write')
    args = parser.parse_args(argv)
    for name in ('images', 'detections', 'categories', 'rounds'):
        if getattr(args, name) < 1:
            parser.error(f'--{name} must be at least 1, got {getattr(args, name)}')
    return args


def run_ours(scene: tuple) -> tuple[dict[str, float], list[dict]]:
    """Evaluate with the project; return seconds and figures per bucket."""
    images, annotations, detections, cat_ids = scene
    start = time.perf_counter()
    figures = evaluate_by_size(
        images, annotations, detections, cat_ids, BUCKETS, IOU_THRS
    )
    return {'total': time.perf_counter() - start}, figures


def run_pycocotools(scene: tuple) -> tuple[dict[str, float], list[dict]]:
    """Evaluate with pycocotools; return seconds and figures per bucket."""
    images, annotations, detections, cat_ids = scene
    detections = [dict(detection) for detection in detections]  # it adds keys
    ground_truth = COCO()
    ground_truth.dataset = {
        'images': [{'id': image} for image in images],
        'annotations': annotations,
        'categories': [{'id': cat_id, 'name': str(cat_id)} for cat_id in cat_ids],
    }
    with contextlib.redirect_stdout(io.StringIO()):
        start = time.perf_counter()
        ground_truth.createIndex()
        evaluator = COCOeval(ground_truth, ground_truth.loadRes(detections), 'bbox')
        evaluator.params.iouThrs = IOU_THRS
        evaluator.params.areaRng = [list(bucket.inclusive_area) for bucket in BUCKETS]
        evaluator.params.areaRngLbl = [bucket.name for bucket in BUCKETS]
        evaluator.params.maxDets = [100]
        indexed = time.perf_counter()
        evaluator.evaluate()
        evaluator.accumulate()
        stop = time.perf_counter()
    seconds = {'total': stop - start, 'without_indexing': stop - indexed}
    precision, recall = evaluator.eval['precision'], evaluator.eval['recall']

    def figures(classes, bucket):
        p, r = precision[:, :, classes, bucket, 0], recall[:, classes, bucket, 0]
        values = p, p[0], p[5], r
        return {
            key: value[value > -1].mean() if (value > -1).any() else -1.0
            for key, value in zip(FIGURES, values, strict=True)
        }

    return seconds, [
        {
            **figures(slice(None), bucket),
            'per_class': {
                cat_id: figures(slice(index, index + 1), bucket)
                for index, cat_id in enumerate(cat_ids)
            },
        }
        for bucket in range(len(BUCKETS))
    ]


def run_whole_metrics(scene: tuple, rounds: int) -> list[dict[str, float]]:
    """Time both metrics from predictions of a detector to figures, in turns."""
    images, annotations, detections, cat_ids = scene
    boxes = np.array([d['bbox'] for d in detections], np.float32)
    boxes[:, 2:] += boxes[:, :2]
    scores = np.array([d['score'] for d in detections], np.float32)
    labels = np.array([d['category_id'] - 1 for d in detections])
    of_image = np.array([d['image_id'] for d in detections])
    results = []
    for i in images:
        k = of_image == i
        pred = {'bboxes': boxes[k], 'scores': scores[k], 'labels': labels[k]}
        results.append(({}, {'img_id': i, **pred}))
    ground_truth = {
        'info': {},
        'images': [{'id': i, 'width': WIDTH, 'height': HEIGHT} for i in images],
        'annotations': annotations,
        'categories': [{'id': i, 'name': str(i)} for i in cat_ids],
    }
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, 'ground_truth.json')
        path.write_text(json.dumps(ground_truth))
        with contextlib.redirect_stdout(io.StringIO()):
            metrics = {
                'ours': SizeCocoMetric(str(path), 'bbox_size'),
                'mmdet': CocoMetric(str(path), 'bbox'),
            }
            for _ in range(rounds):
                rows.append({})
                for side, metric in metrics.items():
                    metric.dataset_meta = {'classes': [str(i) for i in cat_ids]}
                    start = time.perf_counter()
                    metric.compute_metrics(results)
                    rows[-1][side] = time.perf_counter() - start
    return rows


def largest_difference(ours: list[dict], theirs: list[dict]) -> float:
    """Largest absolute difference of AP, AP50, AP75 and AR, also per class."""
    differences = []
    for mine, other in zip(ours, theirs, strict=True):
        rows = [(mine, other)]
        rows += [
            (mine['per_class'][c], other['per_class'][c]) for c in other['per_class']
        ]
        differences += [abs(a[key] - b[key]) for a, b in rows for key in FIGURES]
    return float(max(differences))


def measure_peak(scene: tuple) -> float:
    """Peak of what an evaluation allocates beyond its input, in MiB."""
    tracemalloc.start()
    run_ours(scene)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak / 2**20


def main(argv: Sequence[str] | None = None) -> None:
    """Time both sides and write the result."""
    args = parse_args(argv)
    scene = make_scene(args)
    rounds = []
    for _ in range(args.rounds):
        ours, our_figures = run_ours(scene)
        theirs, their_figures = run_pycocotools(scene)
        rounds.append({'ours': ours, 'pycocotools': theirs})
        print(json.dumps(rounds[-1]), flush=True)
    seconds = {
        side: {key: median(row[side][key] for row in rounds) for key in rounds[0][side]}
        for side in rounds[0]
    }
    ours = seconds['ours']['total']
    whole = run_whole_metrics(scene, args.rounds)
    whole_seconds = {side: median(row[side] for row in whole) for side in whole[0]}
    result = {
        **{key: value for key, value in vars(args).items() if key != 'out'},
        'objects': len(scene[1]),
        **provenance(),
        'numpy': np.__version__,
        'pycocotools': version('pycocotools'),
        # Of the last minute: tells whether the machine had other work, too.
        'load_average': os.getloadavg()[0],
        'median_seconds': seconds,
        'ratio': seconds['pycocotools']['total'] / ours,
        'ratio_without_indexing': seconds['pycocotools']['without_indexing'] / ours,
        'whole_metric_median_seconds': whole_seconds,
        'whole_metric_ratio': whole_seconds['mmdet'] / whole_seconds['ours'],
        'largest_difference': largest_difference(our_figures, their_figures),
        'our_peak_mib': measure_peak(scene),
        'our_AP': {b.name: f['AP'] for b, f in zip(BUCKETS, our_figures, strict=True)},
        'seconds': rounds,
        'whole_metric_seconds': whole,
    }
    hidden = ('seconds', 'whole_metric_seconds')
    print(json.dumps({k: v for k, v in result.items() if k not in hidden}, indent=1))
    if args.out:
        args.out.parent.mkdir(parents=True, exist_ok=True)
        args.out.write_text(json.dumps(result, indent=1) + '\n')


if __name__ == '__main__':
    main()
