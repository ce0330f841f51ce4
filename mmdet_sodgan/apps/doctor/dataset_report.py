"""All problems of a data set at once."""

import itertools
import json
import os
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ...apis.checks.limits import describe_numbers, describe_sizes, detector_limit
from ...apis.checks.stage import find_ann_file
from ...datasets.annotation_checks import (
    find_annotation_problems,
    find_box_problems,
    find_class_problems,
    find_name_problems,
    find_parents,
)
from ...datasets.annotation_fields import find_field_problems
from ...datasets.class_names import find_class_names, unwrap_datasets
from ...datasets.filter_counts import count_filtered
from ...datasets.image_checks import (
    SCALES,
    find_header_problems,
    find_link_problems,
    find_pixel_problems,
    find_shape_problems,
    loader_backend,
    resize_scales,
)
from ...datasets.problem import KINDS, REFUSED, USED, Problem
from ...datasets.share_checks import MIN_BOXES
from ...evaluation.metrics.size_buckets import parse_size_buckets
from ...structures.size_bucket import MAX_SIDE
from ...utils.image_bounds import MAX_PIXELS
from ...utils.read_config import read_config

#: Edges of the size buckets, sides in pixels of the original image.
SIZE_BUCKETS = (0, 8, 16, 32, 64, 96, MAX_SIDE)
#: Boxes an image that mmdet's detectors keep by default.
MAX_PER_IMG = 100
_NUM_EXAMPLES = 3


@dataclass
class DatasetReport:
    """What :func:`inspect_dataset` found.

    Args:
        ann_file (str): The annotation file.
        sentences (dict[str, list[str]]): Kind of problem, see :data:`.problem.KINDS`,
            to a sentence for each of them.
        num_images (int): Usable entries of images in the annotation file.
        num_empty (int): Of these, the ones without an object that training sees.
        num_crowds (int): Annotations of crowds.
        num_objects (dict[str, int]): Range of sides in pixels of the original image
            to the number of objects in it that training sees, without crowds.
        files_read (bool): Whether the images themselves were looked at.
        num_filtered (list[int]): Images that ``filter_cfg`` leaves out of the
            training, as they have no objects, and as they are too small.
        remarks (list[str]): What sizes and numbers of the objects do not fit, a
            sentence each.
    """

    ann_file: str
    sentences: dict[str, list[str]] = field(default_factory=dict)
    num_images: int = 0
    num_empty: int = 0
    num_crowds: int = 0
    num_objects: dict[str, int] = field(default_factory=dict)
    files_read: bool = False
    num_filtered: list[int] = field(default_factory=lambda: [0, 0])
    remarks: list[str] = field(default_factory=list)

    def add(self, subject: str, problems: Iterable[Problem]) -> None:
        """Add problems.

        Args:
            subject (str): What they are about.
            problems (Iterable[Problem]): The problems.
        """
        for problem in problems:
            sentences = self.sentences.setdefault(problem.kind, [])
            sentences.append(problem.sentence(subject))

    @property
    def refused(self) -> bool:
        """bool: Whether training refuses the data set."""
        return any(KINDS[kind].outcome == REFUSED for kind in self.sentences)

    def to_text(self) -> str:
        """Tell the report.

        Returns:
            str: Some lines: the problems by kind, each with its number and the
            first examples, then the number of objects by size.
        """
        lines = [f'Data set of {self.ann_file}']
        for kind in KINDS:
            if sentences := self.sentences.get(kind):
                number = len(sentences)
                lines.append(f'\n{kind}: {number} ({KINDS[kind].outcome} in training)')
                lines += [f'  {sentence}' for sentence in sentences[:_NUM_EXAMPLES]]
                if number > _NUM_EXAMPLES:
                    lines.append(f'  ... and {number - _NUM_EXAMPLES} more')
        lines.append(
            f'\n{self.num_images} images, {self.num_empty} of them without objects, '
            f'{self.num_crowds} crowds'
        )
        if any(self.num_filtered):
            empty, small = self.num_filtered
            lines.append(
                f'{self.num_images - empty - small} images are used in training: '
                f'filter_cfg leaves out {empty} without objects (filter_empty_gt) and '
                f'{small} below min_size'
            )
        total = sum(self.num_objects.values())
        lines.append('objects by size (square root of area, px of the original image)')
        for label, number in self.num_objects.items():
            share = number / total if total else 0
            lines.append(f'  {label:>12} {number:>9} {share:>7.1%}')
        lines += self.remarks
        if not self.files_read:
            lines.append('The image files were not looked at: give --img-dir.')
        verdict = 'is refused in training' if self.refused else 'can be trained on'
        lines.append(f'The data set {verdict}.')
        return '\n'.join(lines)


def options_of_config(config: str | Path, ann_file: str | Path) -> dict[str, Any]:
    """Read what a config says about a data set.

    Args:
        config (str | Path): Its path; a Python file is run.
        ann_file (str | Path): The annotation file. Of several data sets in wrappers
            the one that reads it counts, or else those of the training.

    Returns:
        dict[str, Any]: Arguments for :func:`inspect_dataset`.

    Raises:
        ValueError: There is no such config, or no such data set, or several that
            differ and do not read the file; one sentence.
    """
    cfg = read_config(config)
    loaders = (cfg.get(f'{name}_dataloader') for name in ('train', 'val', 'test'))
    leaves = [unwrap_datasets(each.dataset) for each in loaders if each]
    if not leaves:
        raise ValueError(f'{config} has no train_dataloader: give that of a training.')
    here = os.path.realpath(ann_file)
    readers = [
        dataset
        for dataset in itertools.chain(*leaves)
        if os.path.realpath(find_ann_file(dataset)) == here
    ]
    options, *others = map(_options_of_dataset, readers[:1] or leaves[0])
    if any(other != options for other in others):
        names = ', '.join(map(find_ann_file, leaves[0]))
        raise ValueError(
            f'{config} trains on several data sets with other options, none of which '
            f'reads {ann_file}: give one of {names} as --data.'
        )
    if limit := detector_limit(cfg.get('model') or {}):
        options['max_per_img'] = limit
    evaluators = cfg.get('val_evaluator') or []
    evaluators = [evaluators] if isinstance(evaluators, Mapping) else evaluators
    for evaluator in evaluators:
        if 'size_buckets' in evaluator:
            options['size_buckets'] = evaluator.size_buckets
    return options


def _options_of_dataset(dataset: Mapping) -> dict[str, Any]:
    pipeline = dataset.get('pipeline', [])
    options = dict(
        classes=find_class_names(dataset),
        backend=loader_backend(pipeline),
        scales=resize_scales(pipeline),
        filter_cfg=None if dataset.get('test_mode') else dataset.get('filter_cfg'),
    )
    if 'max_pixels' in dataset:
        options['max_pixels'] = dataset['max_pixels']
    return options


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
