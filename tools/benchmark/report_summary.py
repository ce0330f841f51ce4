"""Means and deviations over the seeds of a benchmark's rows."""

from collections.abc import Iterable, Mapping, Sequence

import pandas as pd

#: Name in the tables by key in a result; all in [0, 1].
METRICS = dict(
    AP='coco/bbox_mAP',
    AP50='coco/bbox_mAP_50',
    AP75='coco/bbox_mAP_75',
    AP_S='coco/bbox_mAP_s',
    AP_M='coco/bbox_mAP_m',
)
#: Those that rows are compared in.
HEADLINE = ('AP', 'AP_S')
#: Rows from which the others' differences are taken: what must be beaten, what is
#: proposed, and what the ablations leave a term out of.
COMPARED = ('control', 'sodgan', 'all-terms')


def distinct(values: Iterable) -> list:
    """Each value once, in order of appearance."""
    return list(dict.fromkeys(values))


def measured(values: pd.Series) -> pd.Series:
    """NaN for pycocotools' -1, which says that there are no such objects."""
    return values.astype(float).where(values >= 0)


def spread(values: pd.Series) -> dict:
    """Mean (None without values), deviation (ddof = 1, None below two) and number."""
    mean, sd = (None if pd.isna(v) else float(v) for v in values.agg(['mean', 'std']))
    return dict(mean=mean, sd=sd, n=int(values.count()))


def paired(per_seed: pd.Series) -> dict:
    """What rows give together, seed by seed, where all of them have it.

    'in_sd', the mean in units of the deviation, is None below three seeds or where
    the deviation is 0.
    """
    found = dict(per_seed=per_seed.dropna().to_dict(), **spread(per_seed))
    settled = found['n'] > 2 and found['sd'] > 0
    return found | dict(in_sd=found['mean'] / found['sd'] if settled else None)


def summarise(rows: Mapping[str, Mapping], results: list[dict]) -> dict[str, dict]:
    """Figures of all rows over their seeds.

    Args:
        rows (Mapping[str, Mapping]): 'label' and 'config' by row, as in the
            benchmark file.
        results (list[dict]): Of the runs; a row may have none.

    Returns:
        dict[str, dict]: By row; one that is not trained has no 'metrics'.
        'epochs' are its teacher's, where it has one, and its own; 'gap_recovered' is
        the share of the way from 'lr' to 'oracle', for seeds whose oracle is ahead.
    """
    # runs[row][seed]
    runs = {row: {r['seed']: r for r in results if r['row'] == row} for row in rows}
    # By metric, a line a seed and a column a row.
    scores = {
        name: pd.DataFrame(
            {
                row: measured(pd.Series({s: r['metrics'][key] for s, r in of.items()}))
                for row, of in runs.items()
            }
        ).sort_index()
        for name, key in METRICS.items()
    }
    summary = {}
    for row, spec in rows.items():
        # 'changed' tells whether something is laid over the config.
        summary[row] = dict(
            label=spec['label'],
            config=spec['config'],
            changed=bool(spec.get('cfg_options')),
            seeds=sorted(runs[row]),
        )
        if not runs[row]:
            continue
        found = list(runs[row].values())
        seconds = pd.Series([result['median_iteration_seconds'] for result in found])
        summary[row] |= dict(
            commits=distinct(result['commit'] for result in found),
            parameters=found[0]['parameters'],
            iteration_seconds=float(seconds.median()),
            metrics={name: spread(frame[row]) for name, frame in scores.items()},
            buckets=[
                _bucket(seeds)
                for seeds in zip(*(r['buckets'] for r in found), strict=True)
            ],
            epochs=[
                next(iter(runs[name].values()))['settings']['epochs']
                for name in (spec.get('teacher'), row)
                if runs.get(name)
            ],
            gap_recovered={},
        )
        for name in HEADLINE:
            frame = scores[name].reindex(columns=distinct([*rows, 'lr', 'oracle']))
            gap = frame['oracle'] - frame['lr']
            # Where the oracle is not ahead, a loss would count as a share gained.
            share = (frame[row] - frame['lr']) / gap.where(gap > 0)
            summary[row]['gap_recovered'][name] = paired(share)
        for other in COMPARED:
            if other != row and runs.get(other):
                summary[row][f'minus_{other}'] = {
                    name: paired(scores[name][row] - scores[name][other])
                    for name in HEADLINE
                }
    return summary


def _bucket(seeds: Sequence[Mapping]) -> dict:
    """AP of one size bucket over the seeds of a row."""
    found = {key: seeds[0][key] for key in ('name', 'sides', 'aggregate', 'num_gt')}
    return found | spread(measured(pd.Series([bucket['AP'] for bucket in seeds])))
