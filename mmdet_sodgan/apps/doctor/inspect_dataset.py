"""All problems of a data set at once."""

import json
import os
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from ...apis.checks.limits import describe_numbers, describe_sizes
from ...datasets.annotation_checks import (
    find_annotation_problems,
    find_box_problems,
    find_class_problems,
    find_name_problems,
    find_parents,
)
from ...datasets.annotation_fields import find_field_problems
from ...datasets.filter_counts import count_filtered
from ...datasets.image_checks import (
    SCALES,
    find_header_problems,
    find_link_problems,
    find_pixel_problems,
    find_shape_problems,
)
from ...datasets.problem import USED, Problem
from ...datasets.share_checks import MIN_BOXES
from ...evaluation.metrics.size_buckets import parse_size_buckets
from ...structures.size_bucket import MAX_SIDE
from ...utils.image_bounds import MAX_PIXELS
from .dataset_report import DatasetReport

#: Edges of the size buckets, sides in pixels of the original image.
SIZE_BUCKETS = (0, 8, 16, 32, 64, 96, MAX_SIDE)
#: Boxes an image that mmdet's detectors keep by default.
MAX_PER_IMG = 100


def inspect_dataset(
    ann_file: str | Path,
    img_dir: str | Path | None = None,
    *,
    classes: Sequence[str] | None = None,
    size_buckets: str | Sequence[float] | Mapping = SIZE_BUCKETS,
    max_pixels: int = MAX_PIXELS,
    backend: str = 'pillow',
    scales: Sequence[tuple[int, int]] = SCALES,
    filter_cfg: Mapping | None = None,
    max_per_img: int = MAX_PER_IMG,
) -> DatasetReport:
    """Find all problems of a data set in COCO's format.

    What :class:`SmallObjectCocoDataset` refuses or passes over is among them.

    Args:
        ann_file (str | Path): The annotation file.
        img_dir (str | Path | None): Folder of the images, which are all decoded.
            Defaults to None, they are not looked at.
        classes (Sequence[str] | None): The classes that are to be trained. Defaults
            to None, not compared.
        size_buckets (str | Sequence[float] | Mapping): As for
            :func:`parse_size_buckets`; sides in pixels of the original image.
        max_pixels (int): As of the data set. Defaults to 300,000,000.
        backend (str): ``imdecode_backend`` of the pipeline's loader. Defaults to
            ``'pillow'``, as in this project's own data set configs.
        scales (Sequence[tuple[int, int]]): Width and height in pixels of the frames
            that images are resized to. Defaults to MMDetection's.
        filter_cfg (Mapping | None): Of the data set in training. Defaults to None,
            all images are used.
        max_per_img (int): Boxes an image that the detector keeps. Defaults to 100.

    Returns:
        DatasetReport: The report.
    """
    report = DatasetReport(str(ann_file))
    file = f"Annotation file '{ann_file}'"
    try:
        # As pycocotools opens it.
        with open(ann_file) as stream:
            coco = json.load(stream)
    except OSError as error:
        report.add(file, [Problem('not JSON', f'cannot be read ({error.strerror})')])
        return report
    except (ValueError, RecursionError) as error:
        report.add(file, [Problem('not JSON', f'is not a JSON object ({error})')])
        return report
    report.add(file, find_annotation_problems(coco, max_pixels))
    if not isinstance(coco, dict):
        return report
    categories = _sound_entries(coco, 'categories')
    if classes is not None and categories:
        names = [category['name'] for category in categories]
        report.add(file, find_class_problems(names, classes))
    _find_parents(report, coco, categories)
    images = _sound_entries(coco, 'images')
    report.num_images = len(images)
    for entry in images:
        name = f'Image {entry["file_name"]!r}'
        report.add(name, find_shape_problems(entry, scales))
    _count_objects(report, coco, images, size_buckets, max_per_img)
    names = {category['id']: category['name'] for category in categories}
    filled = [
        each['image_id']
        for each in _sound_entries(coco, 'annotations')
        if classes is None or names.get(each['category_id']) in classes
    ]
    report.num_filtered = [*count_filtered(images, [filled], filter_cfg)]
    if img_dir is not None:
        report.files_read = True
        _read_images(report, images, Path(img_dir), max_pixels, backend)
    return report


def _sound_entries(coco: dict, kind: str) -> list[dict]:
    """List the entries that have all keys, with the right types."""
    entries = coco.get(kind)
    if not isinstance(entries, list):
        return []
    return [
        e for i, e in enumerate(entries) if not any(find_field_problems(kind, i, e))
    ]


def _find_parents(report: DatasetReport, coco: dict, categories: list[dict]) -> None:
    """Remark on categories that only group others."""
    boxes = _sound_entries(coco, 'annotations')
    parents = find_parents(categories, boxes)
    if boxes and parents:
        rest = tuple(c['name'] for c in categories if c['name'] not in parents)
        report.remarks.append(
            f'No box is of the categories {parents}, which only group others: set '
            f'metainfo.classes to {rest}.'
        )


def _count_objects(
    report: DatasetReport,
    coco: dict,
    images: list[dict],
    size_buckets,
    max_per_img: int,
) -> None:
    by_id = {image['id']: image for image in images}
    areas = []
    seen = Counter()
    for annotation in _sound_entries(coco, 'annotations'):
        image = by_id.get(annotation['image_id'])
        problems = find_box_problems(annotation, image)
        if image is None or any(problem.outcome != USED for problem in problems):
            continue
        if annotation.get('iscrowd'):
            report.num_crowds += 1
        else:
            areas.append(annotation['area'])
            seen[annotation['image_id']] += 1
    report.num_empty = len(by_id.keys() - seen.keys())
    buckets = parse_size_buckets(size_buckets)
    for bucket in buckets:
        report.num_objects[bucket.label] = sum(map(bucket.holds, areas))
    # The doctor's own ranges are for all kinds of data.
    if areas and size_buckets is not SIZE_BUCKETS:
        report.remarks += describe_sizes(
            buckets, areas, 'val_evaluator.size_buckets', report.ann_file
        )
    filled = [label for label, number in report.num_objects.items() if number]
    if len(buckets) > 1 and len(filled) == 1 and len(areas) >= MIN_BOXES:
        report.remarks.append(
            f'All {len(areas)} objects are in one range of sizes, {filled[0]} px: '
            'figures by size tell nothing more, so divide it, and see that area is '
            'right.'
        )
    report.remarks += describe_numbers(
        report.ann_file, 'max_per_img', max_per_img, list(seen.values())
    )


def _read_images(
    report: DatasetReport,
    images: list[dict],
    folder: Path,
    max_pixels: int,
    backend: str,
) -> None:
    entries = [e for e in images if not any(find_name_problems(e['file_name']))]

    links = []

    def inspect(entry: dict) -> tuple[Path, list[Problem], list[Problem]]:
        path = folder / entry['file_name']
        problems = list(find_header_problems(path, entry, max_pixels, backend))
        if not any(problem.kind == 'too many pixels' for problem in problems):
            problems += find_pixel_problems(path)
        return path, problems, list(find_link_problems(path, folder))

    # Decoding leaves Python's lock.
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for path, problems, link in pool.map(inspect, entries):
            report.add(f'Image {str(path)!r}', problems)
            links += [(path, problem) for problem in link]
    if links:
        # Whole folders are linked; one line for each image would hide the rest.
        path, problem = links[0]
        first = f'{str(path)!r} {problem.text}'
        text = f'has {len(links)} images that are links out of it; the first, {first}'
        report.add(f'Image folder {str(folder)!r}', [Problem(problem.kind, text)])
