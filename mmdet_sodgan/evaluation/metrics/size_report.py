"""Table, JSON file and picture of detection quality against object size."""

import json
import math
import tempfile
from collections.abc import Mapping
from pathlib import Path

from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator
from mmengine.fileio import dump, load
from mmengine.utils import mkdir_or_exist
from terminaltables import AsciiTable

from ...structures.size_bucket import MAX_SIDE, SizeBucket

JSON_NAME = 'bbox_size.json'
PICTURE_NAME = 'ap_by_size.png'
FIGURES = ('AP', 'AP50', 'AP75', 'AR')
BUCKET_FIELDS = ('name', 'min_area', 'max_area', 'closed', 'aggregate')


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
    plot_ap_by_size({'': report}, picture_path)
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


def plot_ap_by_size(reports: Mapping[str, Mapping], path: str | Path) -> None:
    """Draw AP and AP50 against object size, one colour per report.

    Each bucket is a step that spans its range of sides, in px of the original image
    on a logarithmic axis. Aggregate and empty buckets are left out. A lower end at 0
    is drawn one octave below the next edge, an open upper end one above.

    Args:
        reports (Mapping[str, Mapping]): Name for the legend to report.
        path (str | Path): Path of the picture; the suffix sets its format.

    Raises:
        ValueError: If the reports differ in buckets or in the ground truth that
            falls into them, so that their figures do not compare.
    """
    (first_name, first), *others = reports.items()
    for name, report in others:
        if _ground_truth(report) != _ground_truth(first):
            raise ValueError(
                f"'{first_name}' and '{name}' differ in size buckets or in "
                'ground-truth boxes per bucket; compare reports made with the same '
                'annotation file and size_buckets.'
            )
    shown = [bucket for bucket in first['buckets'] if not bucket['aggregate']]
    spans = _drawn_spans([_bucket(bucket) for bucket in shown])

    figure = Figure(figsize=(7.5, 4.2), layout='constrained')
    axes = figure.subplots()
    for index, (name, report) in enumerate(reports.items()):
        by_name = {bucket['name']: bucket for bucket in report['buckets']}
        for key, style in (('AP', '-'), ('AP50', '--')):
            x, y = [], []
            for bucket, span in zip(shown, spans, strict=True):
                value = by_name[bucket['name']][key]
                # NaN lifts the pen: between buckets, and for -1 (no object).
                x += [*span, math.nan]
                y += [value if value >= 0 else math.nan] * 2 + [math.nan]
            label = f'{name} {key}'.strip()
            axes.plot(x, y, style, color=f'C{index}', linewidth=2.5, label=label)
    for bucket, (low, high) in zip(shown, spans, strict=True):
        axes.annotate(
            f'{bucket["name"].replace("_", " ")}\n{bucket["num_gt"]} GT',
            (math.sqrt(low * high), 1.02),
            xycoords=('data', 'axes fraction'),
            ha='center',
            fontsize='x-small',
        )
    _format_axes(axes, shown, spans)
    figure.savefig(path, dpi=150)


def _format_axes(axes, shown: list, spans: list) -> None:
    ticks = {}
    for bucket, span in zip(shown, spans, strict=True):
        low, high = _bucket(bucket).sides
        ticks[span[0]] = f'{low:.3g}'
        ticks[span[1]] = f'{high:.3g}' if high < MAX_SIDE else '$\\infty$'
    axes.set_xscale('log')
    axes.set_xticks(list(ticks), list(ticks.values()))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xlabel('object size: square root of its area in the original image (px)')
    axes.set_ylabel('average precision')
    axes.set_ylim(-0.02, 1.02)  # steps at 0 and at 1 stay visible
    axes.grid(alpha=0.3)
    axes.legend(fontsize='small')


def _drawn_spans(buckets: list[SizeBucket]) -> list[tuple[float, float]]:
    """Replace the ends at 0 and at infinity by ones that a log axis can show."""
    spans = []
    for low, high in (bucket.sides for bucket in buckets):
        if high >= MAX_SIDE:
            high = 2 * low if low else 1.0
        spans.append((low or high / 2, high))
    return spans


def _bucket(bucket: Mapping) -> SizeBucket:
    return SizeBucket(**{key: bucket[key] for key in BUCKET_FIELDS})


def _ground_truth(report: Mapping) -> list[list]:
    keys = (*BUCKET_FIELDS, 'num_gt')
    return [[bucket[key] for key in keys] for bucket in report['buckets']]


def _format(value: float) -> str:
    return f'{value:.3f}' if value >= 0 else '-'
