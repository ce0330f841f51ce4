"""Table, JSON file and picture of detection quality against object size."""

import json
import math
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from mmengine.fileio import dump, load
from mmengine.utils import mkdir_or_exist
from terminaltables import AsciiTable

from ...structures.size_bucket import MAX_SIDE, SizeBucket, inside

JSON_NAME = 'bbox_size.json'
PICTURE_NAME = 'ap_by_size.png'
FIGURES = ('AP', 'AP50', 'AP75', 'AR')
BUCKET_FIELDS = ('name', 'min_area', 'max_area', 'closed', 'aggregate')


def make_report(
    buckets: list[dict], annotations: Sequence[dict], cat_ids: set[int], **about
) -> dict:
    """Put a report together.

    Args:
        buckets (list[dict]): What :func:`evaluate_by_size` returned.
        annotations (Sequence[dict]): Ground truth in COCO format.
        cat_ids (set[int]): Ids of the categories that were evaluated.
        **about: What stands in front of the figures, such as ``ann_file``.

    Returns:
        dict: ``about``, ``num_gt`` and ``num_gt_outside``, the numbers of objects in
        all and outside of all buckets, without crowd regions, and ``buckets``.
    """
    areas = [
        ann['area']
        for ann in annotations
        if ann['category_id'] in cat_ids and not ann.get('iscrowd', 0)
    ]
    held = inside(np.array(areas), list(map(_bucket, buckets))).any(axis=1)
    counts = dict(num_gt=len(areas), num_gt_outside=int((~held).sum()))
    return {**about, **counts, 'buckets': buckets}


def format_table(report: Mapping) -> str:
    """Lay the figures of a report out as text.

    Args:
        report (Mapping): A report of :class:`SizeCocoMetric`.

    Returns:
        str: One row per size bucket and, if the report has figures per class, a
        second table with one row per class.
    """
    buckets = report['buckets']
    rows = [['bucket', 'side in px', '#GT', *FIGURES]]
    for bucket in buckets:
        rows.append(
            [
                bucket['name'],
                _bucket(bucket).label,
                str(bucket['num_gt']),
                *(_format(bucket[key]) for key in FIGURES),
            ]
        )
    table = AsciiTable(rows, title='bbox by object size').table
    table += (
        f'\n{report["num_gt_outside"]} of {report["num_gt"]} ground-truth boxes lie '
        'outside all buckets.'
    )
    if 'per_class' not in buckets[0]:
        return table
    rows = [['class', *(f'{bucket["name"]} AP (#GT)' for bucket in buckets)]]
    for name in buckets[0]['per_class']:
        cells = [bucket['per_class'][name] for bucket in buckets]
        rows.append(
            [name, *(f'{_format(cell["AP"])} ({cell["num_gt"]})' for cell in cells)]
        )
    return f'{table}\n{AsciiTable(rows, title="bbox by object size and class").table}'


def check_out_dir(out_dir: str | Path) -> None:
    """Make the folder of a report and see whether files can be written there.

    Args:
        out_dir (str | Path): Folder, made if it is not there.

    Raises:
        OSError: If the folder cannot be made or written to.
    """
    try:
        mkdir_or_exist(out_dir)
        with tempfile.TemporaryFile(dir=out_dir):
            pass
    except OSError as error:
        raise OSError(
            f'out_dir {out_dir} cannot be written to ({error.strerror}); give a '
            'folder that can.'
        ) from error


def write_report(report: Mapping, out_dir: str | Path) -> tuple[Path, Path]:
    """Write a report as JSON and as a picture.

    Args:
        report (Mapping): A report of :class:`SizeCocoMetric`.
        out_dir (str | Path): Folder, made if it is not there. Files of an earlier
            report in it are replaced.

    Returns:
        tuple[Path, Path]: Paths of ``bbox_size.json`` and ``ap_by_size.png``.
    """
    mkdir_or_exist(out_dir)
    json_path = Path(out_dir, JSON_NAME)
    picture_path = Path(out_dir, PICTURE_NAME)
    dump(report, str(json_path), indent=2)
    plot_ap_by_size({'': report}).savefig(picture_path, dpi=150)
    return json_path, picture_path


def load_report(path: str | Path) -> dict:
    """Read a report that :func:`write_report` wrote.

    Args:
        path (str | Path): Path of a ``bbox_size.json``.

    Returns:
        dict: The report.

    Raises:
        ValueError: If the file is not such a report.
    """
    try:
        report = load(str(path))
        for bucket in report['buckets']:
            _bucket(bucket), bucket['num_gt'], [bucket[key] for key in FIGURES]
    except (KeyError, TypeError, json.JSONDecodeError) as error:
        raise ValueError(
            f'{path} is no report by object size ({type(error).__name__}: {error}); '
            f'give a {JSON_NAME} written by SizeCocoMetric.'
        ) from error
    return report


def plot_ap_by_size(reports: Mapping[str, Mapping]) -> Figure:
    """Draw AP and AP50 against object size, one colour per report.

    Args:
        reports (Mapping[str, Mapping]): Name for the legend to report.

    Returns:
        Figure: The picture, to be saved.

    Raises:
        ValueError: If the reports differ in the buckets that are drawn or in the number
            of objects that fall into them, so that their figures do not compare.
    """
    first, *others = map(_drawn_objects, reports.values())
    if any(other != first for other in others):
        raise ValueError(
            'The runs were scored on different objects or in different ranges of size: '
            'draw each alone.'
        )
    figure = Figure(figsize=(7.5, 4.2), layout='constrained')
    axes = figure.subplots()
    draw_ap_by_size(axes, reports)
    axes.set_ylim(-0.02, 1.02)  # steps at 0 and at 1 stay visible
    axes.legend(fontsize='small')
    return figure


def draw_ap_by_size(
    axes: Axes,
    reports: Mapping[str, Mapping],
    keys: Sequence[str] = ('AP', 'AP50'),
    looks: Mapping[str, Mapping] | None = None,
) -> None:
    """Draw figures by object size, a step a bucket.

    Buckets are of one width, whatever their range of sides, so that narrow ones
    stay legible. Aggregate buckets and figures of empty ones are left out. A bucket
    with ``AP_sd`` beside ``AP`` gets a bar of that deviation; the bars of several
    reports stand side by side.

    Args:
        axes (Axes): Where to draw.
        reports (Mapping[str, Mapping]): Name for the legend to report, all on the
            same ground truth. Of a bucket ``name``, ``sides``, ``aggregate``,
            ``num_gt`` and the keys are read.
        keys (Sequence[str]): One figure or two. Defaults to ``('AP', 'AP50')``.
        looks (Mapping[str, Mapping], optional): Colour and marker by name. Defaults
            to matplotlib's colours in turn.
    """
    shown = [b for b in next(iter(reports.values()))['buckets'] if not b['aggregate']]
    for index, (name, report) in enumerate(reports.items()):
        look = dict(color=f'C{index}') if looks is None else looks[name]
        by_name = {bucket['name']: bucket for bucket in report['buckets']}
        buckets = [by_name[bucket['name']] for bucket in shown]
        for key, style in zip(keys, ('-', '--'), strict=False):
            label = name if len(keys) == 1 else f'{name} {key}'.strip()
            # matplotlib hides what begins with '_' and takes '$' for mathematics.
            label = label.lstrip('_').replace('$', r'\$')
            # NaN lifts the pen: between buckets, and for -1 (no object).
            levels = [b[key] if b[key] >= 0 else math.nan for b in buckets]
            x = [v for i in range(len(shown)) for v in (i + 0.1, i + 0.9, math.nan)]
            y = [v for level in levels for v in (level, level, math.nan)]
            if f'{key}_sd' not in shown[0]:
                axes.plot(x, y, style, linewidth=2.5, label=label, **look)
                continue
            axes.plot(x, y, style, linewidth=0.5, color=look['color'])
            share = 0.1 + 0.8 * (index + 0.5) / len(reports)
            at = [i + share for i in range(len(shown))]
            sd = [bucket[f'{key}_sd'] for bucket in buckets]
            axes.errorbar(at, levels, sd, ls='none', capsize=3, label=label, **look)
    axes.set_xticks([i + 0.5 for i in range(len(shown))], map(_tick, shown))
    axes.set_xlim(0, len(shown))
    axes.set_xlabel('object size: square root of its area in the original image (px)')
    axes.set_ylabel('average precision')
    axes.grid(alpha=0.3, axis='y')


def _tick(bucket: Mapping) -> str:
    """Name a bucket, unless its range says the same, and number its objects."""
    low, high = bucket['sides']
    span = f'{low:.3g}–{high:.3g}' if high < MAX_SIDE else f'{low:.3g}–$\\infty$'
    name = bucket['name'].replace('_', ' ')
    named = [] if name[:1].isdigit() else [name]
    return '\n'.join([*named, span, f'{bucket["num_gt"]} GT'])


def _bucket(bucket: Mapping) -> SizeBucket:
    return SizeBucket(**{key: bucket[key] for key in BUCKET_FIELDS})


def _drawn_objects(report: Mapping) -> list[list]:
    shown = (bucket for bucket in report['buckets'] if not bucket['aggregate'])
    return [[bucket[key] for key in (*BUCKET_FIELDS, 'num_gt')] for bucket in shown]


def _format(value: float) -> str:
    return f'{value:.3f}' if value >= 0 else '-'
