"""Score detections that were written to a file, without the model."""

import json
from collections.abc import Mapping
from math import isfinite
from pathlib import Path, PurePosixPath

import numpy as np

from mmdet_sodgan.datasets.annotation_fields import FIELDS, is_id
from mmdet_sodgan.datasets.strict_coco import StrictCOCO

from .metrics import SizeCocoMetric

_KEYS = ('image_id', 'category_id', 'bbox', 'score')


def evaluate_detections(
    ann_file: str | Path,
    detections_file: str | Path,
    images_file: str | Path | None = None,
    **kwargs,
) -> dict:
    """Score detections in COCO's format of results with :class:`SizeCocoMetric`.

    Args:
        ann_file (str | Path): Ground truth in COCO format.
        detections_file (str | Path): A list of ``image_id``, ``category_id``,
            ``bbox`` (x, y, width, height in pixels of the image) and ``score``.
        images_file (str | Path, optional): ``images`` and ``categories`` that the
            ids of the detections refer to, as ``sodgan predict`` writes them.
            Images are then matched to those of ``ann_file`` by the ends of their
            file names, and categories by name. Without it, the ids are those of
            ``ann_file``.
        **kwargs: Further arguments of ``SizeCocoMetric``.

    Returns:
        dict: The metrics, and ``num_missing``, the images of ``ann_file`` that
        were not predicted, whose objects count as missed, and ``num_unknown``,
        those predicted that ``ann_file`` does not list. Without ``images_file``
        the first counts images without a detection, and there are none of the
        others.

    Raises:
        ValueError: A file is not as it must be, or they do not belong together;
            one sentence.
    """
    coco = StrictCOCO(str(ann_file)).dataset
    detections = read_detections(detections_file)
    num_unknown = 0
    if images_file is None:
        known = {image['id'] for image in coco['images']}
        predicted = {entry['image_id'] for entry in detections}
        if predicted - known:
            raise ValueError(
                f'{detections_file} has image_id {min(predicted - known)}, which '
                f'{ann_file} does not list: give the list of its images.'
            )
        image_ids = {number: number for number in predicted}
        category_ids = {number['id']: number['id'] for number in coco['categories']}
    else:
        info = _read(images_file, dict)
        for key, name in (('images', 'file_name'), ('categories', 'name')):
            if key not in info:
                raise ValueError(
                    f'{images_file} has no {key}: give the list that belongs to the '
                    'detections with --images.'
                )
            for index, entry in enumerate(info[key]):
                sound = isinstance(entry, dict) and all(
                    FIELDS[key][field].valid(entry.get(field)) for field in ('id', name)
                )
                if not sound:
                    raise ValueError(
                        f'{images_file} has {json.dumps(entry):.99} as {key}[{index}]: '
                        f'give each an id, which is an integer, and a {name}.'
                    )
        image_ids = _match_images(info, coco, images_file, ann_file)
        num_unknown = len(info['images']) - len(image_ids)
        by_name = {entry['name']: entry['id'] for entry in coco['categories']}
        category_ids = {
            entry['id']: by_name[entry['name']]
            for entry in info['categories']
            if entry['name'] in by_name
        }
    labels = {entry['id']: label for label, entry in enumerate(coco['categories'])}
    found = {image['id']: [] for image in coco['images']}
    for entry in detections:
        if entry['category_id'] not in category_ids:
            raise ValueError(
                f'{detections_file} has category_id {entry["category_id"]}, for which '
                f'{ann_file} has no category: give detections of its classes.'
            )
        if entry['image_id'] in image_ids:
            label = labels[category_ids[entry['category_id']]]
            row = (*entry['bbox'], entry['score'], label)
            found[image_ids[entry['image_id']]].append(row)
    metric = SizeCocoMetric(str(ann_file), **kwargs)
    metric.dataset_meta = dict(classes=[entry['name'] for entry in coco['categories']])
    results = [({}, _to_prediction(number, rows)) for number, rows in found.items()]
    counts = dict(num_missing=len(found) - len(image_ids), num_unknown=num_unknown)
    return metric.compute_metrics(results) | counts


def read_detections(path: str | Path) -> list[dict]:
    """Read a file in COCO's format of results.

    Args:
        path (str | Path): The file.

    Returns:
        list[dict]: ``image_id``, ``category_id``, ``bbox`` (x, y, width, height in
        pixels of the image) and ``score``.

    Raises:
        ValueError: It cannot be read, or an entry is something else; one sentence.
    """
    detections = _read(path, list)
    for index, entry in enumerate(detections):
        if not _is_detection(entry):
            raise ValueError(
                f'{path} has {json.dumps(entry):.99} as entry {index}: give a list of '
                'image_id and category_id, which are integers, bbox of four finite '
                'numbers, and score.'
            )
    return detections


def _is_detection(entry: object) -> bool:
    if not isinstance(entry, dict) or any(key not in entry for key in _KEYS):
        return False
    if not is_id(entry['image_id']) or not is_id(entry['category_id']):
        return False
    box = entry['bbox']
    if not isinstance(box, list) or len(box) != 4:
        return False
    return all(
        isinstance(x, int | float) and isfinite(x) for x in (*box, entry['score'])
    )


def _read(path: str | Path, kind: type) -> list | dict:
    try:
        content = json.loads(Path(path).read_text())
    except (OSError, ValueError) as error:
        raise ValueError(f'{path} cannot be read as JSON ({error}).') from None
    if not isinstance(content, kind):
        raise ValueError(f'{path} holds no JSON {kind.__name__}: is it another file?')
    return content


def _match_images(
    info: Mapping, coco: Mapping, images_file: str | Path, ann_file: str | Path
) -> dict:
    """Map the id in ``info`` to the id in ``coco`` of each image that both have."""
    by_last = {}
    for image in coco['images']:
        parts = PurePosixPath(image['file_name']).parts[::-1]
        by_last.setdefault(parts[0], []).append((parts, image['id']))
    matched, taken = {}, set()
    for image in info['images']:
        parts = PurePosixPath(image['file_name']).parts[::-1]
        ids = [
            number
            for other, number in by_last.get(parts[0], ())
            if all(a == b for a, b in zip(parts, other, strict=False))
        ]
        if len(ids) > 1 or taken.intersection(ids):
            raise ValueError(
                f'{image["file_name"]} of {images_file} could be more than one image '
                f'of {ann_file}: predict from the folder that all images lie in.'
            )
        if ids:
            matched[image['id']] = ids[0]
            taken.add(ids[0])
    if not matched:
        raise ValueError(
            f'No image of {images_file} is in {ann_file}: compare their file names.'
        )
    return matched


def _to_prediction(image_id: int, rows: list[tuple]) -> dict:
    """Collect as ``CocoMetric.process`` does, with boxes as x1, y1, x2, y2."""
    table = np.array(rows, dtype=float).reshape(-1, 6)
    boxes = table[:, :4]
    boxes[:, 2:] += boxes[:, :2]
    return dict(
        img_id=image_id,
        bboxes=boxes,
        scores=table[:, 4],
        labels=table[:, 5].astype(int),
    )
