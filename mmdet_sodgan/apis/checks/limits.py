from collections import Counter
from collections.abc import Iterator, Mapping

import numpy as np
from mmengine.config import Config

from ...evaluation.metrics.size_buckets import parse_size_buckets
from ...structures.size_bucket import MAX_SIDE, inside
from .stage import Stage, read_coco


def find_limits(cfg: Config, stage: Stage) -> list[str]:
    """Find limits on detections and ranges of size that the data do not fit.

    Args:
        cfg (Config): With the limits of the detector.
        stage (Stage): With data sets and evaluators.

    Returns:
        list[str]: A sentence for each.
    """
    found = []
    for path in dict.fromkeys(stage.ann_files):
        content = read_coco(path)
        if content is None:
            continue
        objects = _find_objects(content, stage)
        numbers = Counter(each['image_id'] for each in objects)
        classes = Counter((x['image_id'], x['category_id']) for x in objects)
        for key, limit in _find_detector_limits(cfg.model):
            found += describe_numbers(path, key, limit, list(numbers.values()))
        for name, evaluator in stage.evaluators:
            for key, limit in _find_metric_limits(evaluator):
                counts = list(classes.values())
                found += describe_numbers(
                    path, f'{name}.{key}', limit, counts, ' of a class'
                )
            found += _compare_sizes(path, name, evaluator, objects)
    return found


def _find_objects(content: dict, stage: Stage) -> list[dict]:
    names = {category['id']: category['name'] for category in content['categories']}
    return [
        annotation
        for annotation in content['annotations']
        if not annotation.get('iscrowd')
        and (
            stage.classes is None
            or names.get(annotation['category_id']) in stage.classes
        )
    ]


def _find_detector_limits(model: Mapping) -> Iterator[tuple[str, int]]:
    """Find the numbers of boxes an image that a detector keeps."""
    # Test-time augmentation wraps the detector.
    if 'tta_cfg' in model:
        model = model['module']
    test_cfg = model.get('test_cfg') or {}
    for part in ('rpn', 'rcnn'):
        limit = (test_cfg.get(part) or {}).get('max_per_img', -1)
        if limit > 0:
            yield f'model.test_cfg.{part}.max_per_img', limit
    if test_cfg.get('max_per_img', -1) > 0:
        yield 'model.test_cfg.max_per_img', test_cfg['max_per_img']


def _find_metric_limits(evaluator: Mapping) -> Iterator[tuple[str, int]]:
    """Find the numbers of boxes an image and class that a metric looks at."""
    # These are the metric's defaults.
    if str(evaluator.get('type')).endswith('CocoMetric'):
        yield 'proposal_nums', max(evaluator.get('proposal_nums', (100, 300, 1000)))
    if str(evaluator.get('type')).endswith('SizeCocoMetric'):
        yield 'size_max_dets', evaluator.get('size_max_dets', 100)


def detector_limit(model: Mapping) -> int | None:
    """Find how many boxes an image a detector keeps at most.

    Args:
        model (Mapping): Its config.

    Returns:
        int | None: The lowest of its limits, None where there is none.
    """
    return min((limit for _, limit in _find_detector_limits(model)), default=None)


def describe_numbers(
    path: str, key: str, limit: int, numbers: list[int], what: str = ''
) -> list[str]:
    """Say how many images have more objects than are kept.

    Args:
        path (str): Where the objects come from.
        key (str): Where the limit comes from.
        limit (int): The limit.
        numbers (list[int]): Objects of each image.
        what (str): Which objects, to follow the word. Defaults to all.

    Returns:
        list[str]: No or one sentence.
    """
    over = [number for number in numbers if number > limit]
    if not over:
        return []
    return [
        f'{len(over)} images of {path} have more objects{what}, up to {max(over)}, '
        f'than the {limit} that {key} keeps, so that some cannot be found: raise it '
        f'to {max(over)} or more.'
    ]


def _compare_sizes(
    path: str, name: str, evaluator: Mapping, objects: list[dict]
) -> list[str]:
    areas = [x['area'] for x in objects if isinstance(x.get('area'), int | float)]
    if not areas or not str(evaluator.get('type')).endswith('SizeCocoMetric'):
        return []
    buckets = parse_size_buckets(evaluator.get('size_buckets', 'coco'))
    return describe_sizes(buckets, areas, f'{name}.size_buckets', path)


def describe_sizes(buckets, areas: list[float], key: str, path: str) -> list[str]:
    """Say which size buckets hold nothing, and how many objects are in none.

    Args:
        buckets (Sequence[SizeBucket]): The buckets.
        areas (list[float]): Areas of the objects in px^2 of the original image.
        key (str): Where the buckets come from.
        path (str): Where the objects come from.

    Returns:
        list[str]: No, one or two sentences.
    """
    found = []
    held = inside(np.array(areas), buckets)
    empty = [b.label for b, full in zip(buckets, held.any(0), strict=True) if not full]
    outside = len(areas) - held.any(1).sum()
    sides = [area**0.5 for area in (min(areas), max(areas))]
    seen = f'those of {path} are {sides[0]:.3g} to {sides[1]:.3g} px'
    if empty:
        found.append(
            f'No object is in {len(empty)} of the {len(buckets)} ranges of {key}, '
            f'{", ".join(empty)} px, whose figures are -1: {seen}.'
        )
    if outside:
        found.append(
            f'{outside} of {len(areas)} objects are in none of the ranges of {key} '
            f'and count in no figure by size: {seen}, so widen the ranges '
            f'(0 to {MAX_SIDE:.0f} holds all).'
        )
    return found
