"""What a row is worth beside an input that is resized: at equal time, at equal AP.

The curves are of plain detectors with the row's start on the LR image, enlarged by
more and more, without and with HR supervision; they are linear between their points,
seed by seed.
"""

from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np
import pandas as pd

from .report_tables import HEADLINE, METRICS, measured, paired

#: By key in the summary, in the order of their inputs' sides.
CURVES = dict(
    over_curve=(
        *('lr-started', 'resized-1.25', 'resized-1.5', 'resized-1.75'),
        'upscaled-started',
    ),
    over_supervised_curve=(
        'distilled',
        *(f'resized-{factor}-supervised' for factor in (1.25, 1.5, 1.75)),
    ),
)


def over_curve(
    rows: Mapping[str, Mapping], results: list[dict], curve: Sequence[str]
) -> dict[str, dict]:
    """Compare every row that has a time and the curve's start with a curve.

    A seed counts where it has the two points of the curve around the row.

    Args:
        rows (Mapping[str, Mapping]): By row, with 'inference_ms'.
        results (list[dict]): Of the runs.
        curve (Sequence[str]): Rows, see :data:`CURVES`.

    Returns:
        dict[str, dict]: By row and metric 'ahead', the row's AP less the curve's at
        the row's time, and 'time_ratio', the row's time over that at which the curve
        reaches its AP, both as of :func:`report_tables.paired`. Rows without any such
        seed are left out.
    """
    timed = {name for name, row in rows.items() if row.get('inference_ms') is not None}
    points = [name for name in curve if name in timed]
    if len(points) < 2:
        return {}
    scores = {(r['row'], r['seed']): measured(pd.Series(r['metrics'])) for r in results}
    times = [rows[name]['inference_ms'] for name in points]
    # An ablation has its row's time; a row of another start or length is no equal.
    equal = {start(r) for r in results if r['row'] in points}
    others = {r['row'] for r in results if start(r) in equal} & timed
    others -= {name for names in CURVES.values() for name in names}
    found = {}
    for name in (name for name in rows if name in others):
        own, found[name] = rows[name]['inference_ms'], {}
        seeds = sorted(seed for row, seed in scores if row == name)
        for metric in HEADLINE:
            ahead, ratio = {}, {}
            for seed in seeds:
                score = scores[name, seed][METRICS[metric]]
                line = [
                    scores.get((point, seed), {}).get(METRICS[metric], np.nan)
                    for point in points
                ]
                ahead[seed] = score - crossing(times, line, own)
                ratio[seed] = own / crossing(line, times, score)
            found[name][metric] = dict(
                ahead=paired(pd.Series(ahead)), time_ratio=paired(pd.Series(ratio))
            )
    return {
        name: beside
        for name, beside in found.items()
        if any(value['n'] for each in beside.values() for value in each.values())
    }


def crossing(xs: Sequence[float], ys: Sequence[float], x: float) -> float:
    """Value of a line of straight pieces where it first rises to ``x``, or NaN."""
    for (x0, y0), (x1, y1) in pairwise(zip(xs, ys, strict=True)):
        if x0 <= x <= x1:
            return y0 if x0 == x1 else y0 + (y1 - y0) * (x - x0) / (x1 - x0)
    return np.nan


def start(result: Mapping) -> tuple[str | None, int]:
    """The row whose weights a run started from, and how many epochs it went on."""
    teacher = result['teacher'] and result['teacher']['result'].split('_seed')[0]
    return teacher, result['settings']['epochs']
