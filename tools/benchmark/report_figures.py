"""Figures of a benchmark: AP by object size, AP against time, training curves."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from .report_summary import spread

# Those that every row has, so that the curves of different rows compare.
DETECTOR_LOSSES = ('loss_rpn_cls', 'loss_rpn_bbox', 'loss_cls', 'loss_bbox')
MARKERS = 'osD^v<>Pp*hX'


def draw_figures(
    summary: Mapping, results: list[dict], folder: Path, stem: str
) -> dict[str, str]:
    """Draw all that there are figures for.

    Args:
        summary (Mapping): Content of summary.json.
        results (list[dict]): Of the runs, for the curves.
        folder (Path): Where the pictures go.
        stem (str): Of their names.

    Returns:
        dict[str, str]: File name by caption.
    """
    rows = {key: row for key, row in summary['rows'].items() if row['seeds']}
    # By place in the benchmark file: a row keeps its looks when others come.
    looks = {
        key: dict(
            color=colormaps['tab20'](i % 10 * 2 + i // 10 % 2),
            marker=MARKERS[i % len(MARKERS)],
        )
        for i, key in enumerate(summary['rows'])
    }
    pictures = {
        'AP by object size': ('ap_by_size', ap_by_size(rows, looks)),
        'Detector loss and validation AP over the training': (
            'curves',
            curves(rows, results, looks),
        ),
    }
    # Systems, not ablations: those take the time of the row that they vary, and the
    # best of many that differ by chance would stand for it.
    timed = {
        key: row
        for key, row in rows.items()
        if row['inference_ms'] is not None and (not row['changed'] or key == 'control')
    }
    if timed:
        pictures['AP of small objects against inference time'] = (
            'pareto',
            pareto(timed, looks),
        )
    files = {}
    for caption, (name, figure) in pictures.items():
        files[caption] = f'{stem}_{name}.png'
        figure.savefig(folder / files[caption], dpi=130)
    return files


def ap_by_size(rows: Mapping[str, Mapping], looks: Mapping[str, Mapping]) -> Figure:
    """Mean AP a size bucket, with the deviation over seeds."""
    figure = Figure(figsize=(8, 4.4), layout='constrained')
    axes = figure.subplots()
    for index, (key, row) in enumerate(rows.items()):
        buckets = [bucket for bucket in row['buckets'] if not bucket['aggregate']]
        # Side by side, so that the bars of one bucket do not hide each other.
        shift = 0.5 * (index / max(1, len(rows) - 1) - 0.5)
        _bars(axes, [x + shift for x in range(len(buckets))], buckets, row, looks[key])
    axes.set_xticks(
        range(len(buckets)),
        [f'{b["sides"][0]:.0f}–{b["sides"][1]:.0f}\n{b["num_gt"]}' for b in buckets],
    )
    axes.set_xlabel('√area in the original image (px), number of objects')
    axes.set_ylabel('AP (%)')
    axes.set_ylim(bottom=0)
    axes.grid(alpha=0.3, axis='y')
    figure.legend(loc='outside right upper', fontsize='small')
    return figure


def pareto(rows: Mapping[str, Mapping], looks: Mapping[str, Mapping]) -> Figure:
    """AP_S against inference time; the line joins what nothing else beats.

    The oracle, which sees the HR image, takes no part in that.
    """
    figure = Figure(figsize=(6.5, 4.2), layout='constrained')
    axes = figure.subplots()
    points = []
    for key, row in rows.items():
        small = row['metrics']['AP_S']
        _bars(axes, [row['inference_ms']], [small], row, looks[key])
        if small['mean'] is not None and key != 'oracle':
            points.append((row['inference_ms'], 100 * small['mean']))
    front = []
    for time, value in sorted(points, key=lambda point: (point[0], -point[1])):
        if not front or value > front[-1][1]:
            front.append((time, value))
    if front:
        axes.plot(*zip(*front, strict=True), ':', color='grey', zorder=0)
    axes.set_xlabel('inference time (ms an image, batch 1)')
    axes.set_ylabel('AP of small objects (%)')
    axes.set_xlim(left=0)
    axes.grid(alpha=0.3)
    figure.legend(loc='outside right upper', fontsize='small')
    return figure


def curves(
    rows: Mapping[str, Mapping], results: list[dict], looks: Mapping[str, Mapping]
) -> Figure:
    """Loss of the detector and validation AP over iterations, means over seeds."""
    figure = Figure(figsize=(10, 4), layout='constrained')
    left, right = figure.subplots(1, 2)
    for key, row in rows.items():
        runs = [result for result in results if result['row'] == key]
        losses = [_losses(run) for run in runs]
        color = looks[key]['color']
        left.plot(*_mean_curve(losses), color=color, label=row['label'])
        scores = [_scores(run) for run in runs]
        right.plot(*_mean_curve(scores), **looks[key])
    left.set_ylabel('loss of the detector')
    right.set_ylabel('validation AP (%)')
    for axes in (left, right):
        axes.set_xlabel('iterations')
        axes.set_ylim(bottom=0)
        axes.grid(alpha=0.3)
    figure.legend(loc='outside right upper', fontsize='small')
    return figure


def _bars(
    axes: Axes, x: list[float], values: Iterable[Mapping], row: Mapping, look: Mapping
) -> None:
    """Means in per cent with their deviations, where there are any."""
    shown = [(at, v) for at, v in zip(x, values, strict=True) if v['mean'] is not None]
    axes.errorbar(
        [at for at, _ in shown],
        [100 * value['mean'] for _, value in shown],
        [100 * (value['sd'] or 0) for _, value in shown],
        linestyle='none',
        capsize=3,
        label=row['label'],
        **look,
    )


def _losses(result: Mapping) -> dict[float, float]:
    """Sum of the detector's losses by iteration."""
    return {
        step['step']: sum(step[name] for name in DETECTOR_LOSSES)
        for step in result['curves']['train']
    }


def _scores(result: Mapping) -> dict[float, float]:
    """Validation AP in per cent by iteration; the logs count these by epoch."""
    per_epoch = result['iterations'] / result['epochs']
    return {
        step['step'] * per_epoch: 100 * step['coco/bbox_mAP']
        for step in result['curves']['val']
    }


def _mean_curve(seeds: list[dict[float, float]]) -> tuple[list[float], list[float]]:
    """Mean over seeds, at the iterations that all of them have."""
    steps = sorted(set.intersection(*(set(seed) for seed in seeds)))
    return steps, [spread(seed[x] for seed in seeds)['mean'] for x in steps]
