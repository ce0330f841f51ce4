"""Means and deviations over the seeds of a benchmark's rows."""

import statistics
from collections.abc import Iterable, Mapping

#: Name in the tables by key in a result; all in [0, 1].
METRICS = dict(
    AP='coco/bbox_mAP',
    AP50='coco/bbox_mAP_50',
    AP75='coco/bbox_mAP_75',
    AP_S='coco/bbox_mAP_s',
    AP_M='coco/bbox_mAP_m',
)

#: Rows from which the others' differences are taken: what must be beaten, what is
#: proposed, and what the ablations leave a term out of.
COMPARED = ('control', 'sodgan', 'all-terms')


def distinct(values: Iterable) -> list:
    """Each value once, in order of appearance."""
    return list(dict.fromkeys(values))


def spread(values: Iterable[float | None]) -> dict:
    """Mean and sample deviation (ddof = 1) of what was measured.

    Args:
        values (Iterable[float | None]): One a seed, None where there is nothing.

    Returns:
        dict: ``mean`` (None without values), ``sd`` (None for less than two),
        ``n``.
    """
    values = [value for value in values if value is not None]
    return dict(
        mean=statistics.fmean(values) if values else None,
        sd=statistics.stdev(values) if len(values) > 1 else None,
        n=len(values),
    )


def summarise(rows: Mapping[str, Mapping], results: list[dict]) -> dict[str, dict]:
    """Figures of all rows over their seeds.

    Args:
        rows (Mapping[str, Mapping]): 'label' and 'config' by row, as in the
            benchmark file.
        results (list[dict]): Of the runs; a row may have none.

    Returns:
        dict[str, dict]: By row; one that is not trained has no 'metrics'.
        'epochs' are its teacher's, where it has one, and its own.
    """
    # runs[row][seed]
    runs = {row: {r['seed']: r for r in results if r['row'] == row} for row in rows}
    summary = {}
    for row, settings in rows.items():
        summary[row] = dict(label=settings['label'], config=settings['config'])
        # Whether the run is of the config as it stands.
        summary[row]['changed'] = bool(settings.get('cfg_options'))
        summary[row]['seeds'] = sorted(runs[row])
        if runs[row]:
            summary[row].update(_figures(list(runs[row].values())))
            summary[row]['epochs'] = [
                next(iter(runs[name].values()))['epochs']
                for name in (settings.get('teacher'), row)
                if runs.get(name)
            ]
            summary[row]['gap_recovered'] = {
                name: _gap_recovered(row, runs, name) for name in ('AP', 'AP_S')
            }
            for other in COMPARED:
                if other != row and runs.get(other):
                    summary[row][f'minus_{other}'] = {
                        name: _difference(runs[row], runs[other], name)
                        for name in ('AP', 'AP_S')
                    }
    return summary


def _figures(results: list[dict]) -> dict:
    """What one row reached, over its seeds."""
    by_bucket = zip(*(result['buckets'] for result in results), strict=True)
    return dict(
        parameters=results[0]['parameters'],
        iteration_seconds=statistics.median(
            result['median_iteration_seconds'] for result in results
        ),
        metrics={
            name: spread(_metric(result, name) for result in results)
            for name in METRICS
        },
        buckets=[
            {key: seeds[0][key] for key in ('name', 'sides', 'aggregate', 'num_gt')}
            | spread(_measured(bucket['AP']) for bucket in seeds)
            for seeds in by_bucket
        ],
    )


def _gap_recovered(row: str, runs: Mapping[str, Mapping[int, dict]], name: str) -> dict:
    """Share of the way from 'lr' to 'oracle' that a row goes, seed by seed.

    Args:
        row (str): Which.
        runs (Mapping[str, Mapping[int, dict]]): Result by row and seed.
        name (str): Of the metric.

    Returns:
        dict: 'per_seed' and its spread, for the seeds that all three have and
        whose oracle is ahead.
    """
    per_seed = {}
    for seed in sorted(runs[row]):
        ends = [runs.get(end, {}).get(seed) for end in ('lr', 'oracle')]
        if None in ends:
            continue
        low, high = (_metric(result, name) for result in ends)
        value = _metric(runs[row][seed], name)
        # Where the oracle is not ahead, a loss would count as a share gained.
        if None not in (low, high, value) and low < high:
            per_seed[seed] = (value - low) / (high - low)
    return dict(per_seed=per_seed, **spread(per_seed.values()))


def _difference(
    runs: Mapping[int, dict], others: Mapping[int, dict], name: str
) -> dict:
    """A row minus another, seed by seed.

    Args:
        runs (Mapping[int, dict]): Result of the row by seed.
        others (Mapping[int, dict]): Of the other row.
        name (str): Of the metric.

    Returns:
        dict: 'per_seed', its spread, and 'in_sd', the mean in units of the
        deviation of the differences (None below three seeds or where that is 0).
    """
    per_seed = {}
    for seed in sorted(runs.keys() & others.keys()):
        pair = _metric(runs[seed], name), _metric(others[seed], name)
        if None not in pair:
            per_seed[seed] = pair[0] - pair[1]
    result = dict(per_seed=per_seed, **spread(per_seed.values()))
    settled = result['n'] > 2 and result['sd'] > 0
    result['in_sd'] = result['mean'] / result['sd'] if settled else None
    return result


def _metric(result: dict, name: str) -> float | None:
    return _measured(result['metrics'][METRICS[name]])


def _measured(value: float) -> float | None:
    """None for pycocotools' -1, which says that there are no such objects."""
    return None if value < 0 else value
