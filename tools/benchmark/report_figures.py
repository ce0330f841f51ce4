"""Figures of a benchmark: AP by object size, AP against time, training curves."""

from collections.abc import Mapping
from pathlib import Path

import pandas as pd
from matplotlib import colormaps
from matplotlib.figure import Figure

from mmdet_sodgan.evaluation.metrics.size_report import draw_ap_by_size

from .resize_curve import CURVES

CAPTIONS = dict(
    ap_by_size='AP by object size',
    curves='Detector loss and validation AP over the training',
    pareto='AP of small objects against inference time',
    pareto_others='The same of other methods and detectors',
)
# Rows that lay something over their config and are systems of their own.
SHOWN = {'control', *(row for curve in CURVES.values() for row in curve)}
DETECTOR_LOSSES = ['loss_rpn_cls', 'loss_rpn_bbox', 'loss_cls', 'loss_bbox']
AP = 'coco/bbox_mAP'
MARKERS = 'osD^v<>Pp*hX'


def draw_figures(
    summary: Mapping, results: list[dict], folder: Path, stem: str
) -> dict[str, str]:
    """Draw all that there are figures for; their file names by caption."""
    rows = {key: row for key, row in summary['rows'].items() if row['seeds']}
    # By place in the benchmark file: a row keeps its looks when others come.
    looks = {
        key: dict(
            color=colormaps['tab20'](i % 10 * 2 + i // 10 % 2),
            marker=MARKERS[i % len(MARKERS)],
        )
        for i, key in enumerate(summary['rows'])
    }
    # What the page is about stands out.
    looks['sodgan'] = dict(color='crimson', marker='*', markersize=11)
    own = {key: row for key, row in rows.items() if not row['other']}
    figures = dict(
        ap_by_size=ap_by_size(own, looks), curves=curves(own, results, looks)
    )
    # Systems, not ablations: those take the time of the row that they vary, and the
    # best of many that differ by chance would stand for it.
    timed = {key: row for key, row in rows.items() if row['inference_ms'] is not None}
    shown = {
        key
        for key, row in own.items()
        if key in timed and (not row['changed'] or key in SHOWN)
    }
    others = timed.keys() - own
    for name, keys in dict(
        pareto=shown,
        pareto_others=others and {*others, *CURVES['over_curve'], 'sodgan', 'oracle'},
    ).items():
        if keys:
            drawn = {key: row for key, row in timed.items() if key in keys}
            figures[name] = pareto(drawn, looks)
    for name, figure in figures.items():
        figure.legend(loc='outside right upper', fontsize='small')
        figure.savefig(folder / f'{stem}_{name}.png', dpi=130)
    return {CAPTIONS[name]: f'{stem}_{name}.png' for name in figures}


def ap_by_size(rows: Mapping[str, Mapping], looks: Mapping[str, Mapping]) -> Figure:
    """Mean AP a size bucket, with the deviation over seeds."""
    figure = Figure(figsize=(8, 4.4), layout='constrained')
    axes = figure.subplots()
    reports = {}
    for row in rows.values():
        # SizeCocoMetric says -1 where there is no object.
        reports[row['label']] = dict(
            buckets=[
                b | dict(AP=-1 if b['mean'] is None else b['mean'], AP_sd=b['sd'] or 0)
                for b in row['buckets']
            ]
        )
    by_label = {row['label']: looks[key] for key, row in rows.items()}
    draw_ap_by_size(axes, reports, ('AP',), by_label)
    axes.set_ylim(bottom=0)
    return figure


def pareto(rows: Mapping[str, Mapping], looks: Mapping[str, Mapping]) -> Figure:
    """AP_S against inference time, with the curve of resized inputs as a line.

    The dotted line joins what nothing else beats; the oracle, which sees the HR image,
    takes no part in that.
    """
    figure = Figure(figsize=(9, 4), layout='constrained')
    axes = figure.subplots()
    points, resized = {}, {}
    for key, row in rows.items():
        small, time = row['metrics']['AP_S'], row['inference_ms']
        if small['mean'] is None:
            continue
        mean, sd = 100 * small['mean'], 100 * (small['sd'] or 0)
        look = dict(ls='none', capsize=3, label=row['label'], **looks[key])
        axes.errorbar(time, mean, sd, **look)
        if key != 'oracle':
            points[time] = max(mean, points.get(time, mean))
        if key in CURVES['over_curve']:
            resized[key] = time, mean
    front = pd.Series(points, dtype=float).sort_index()
    front = front[front.cummax().diff().fillna(1) > 0]
    axes.plot(front, ':', color='grey', zorder=0)
    line = [resized[key] for key in CURVES['over_curve'] if key in resized]
    if line:
        axes.plot(*zip(*line, strict=True), color='black', lw=1, label='resized inputs')
    axes.set(xlabel='inference time (ms an image, batch 1)', xlim=(0, None))
    axes.set_ylabel('AP of small objects (%)')
    axes.grid(alpha=0.3)
    return figure


def curves(
    rows: Mapping[str, Mapping], results: list[dict], looks: Mapping[str, Mapping]
) -> Figure:
    """Loss of the detector and validation AP over iterations, means over seeds."""
    figure = Figure(figsize=(10, 4), layout='constrained')
    left, right = figure.subplots(1, 2)
    for key, row in rows.items():
        runs = [result for result in results if result['row'] == key]
        losses = _mean([_losses(run) for run in runs])
        left.plot(losses, color=looks[key]['color'], label=row['label'])
        right.plot(_mean([_scores(run) for run in runs]), **looks[key])
    for axes, label in ((left, 'loss of the detector'), (right, 'validation AP (%)')):
        axes.set(xlabel='iterations', ylabel=label, ylim=(0, None))
        axes.grid(alpha=0.3)
    return figure


def _losses(result: Mapping) -> pd.Series:
    """Sum of the detector's losses by iteration."""
    steps = pd.DataFrame(result['curves']['train']).set_index('step')
    return steps[[name for name in DETECTOR_LOSSES if name in steps]].sum(axis=1)


def _scores(result: Mapping) -> pd.Series:
    """Validation AP in per cent by iteration; the logs count these by epoch."""
    scores = result['curves']['val']
    epochs = pd.DataFrame(scores, columns=['step', AP]).set_index('step')
    epochs.index *= result['iterations'] / result['settings']['epochs']
    return 100 * epochs[AP]


def _mean(seeds: list[pd.Series]) -> pd.Series:
    """Mean over seeds, at the iterations that all of them have."""
    return pd.concat(seeds, axis=1, join='inner').sort_index().mean(axis=1)
