"""Means and deviations over a benchmark's seeds, and the page of Markdown of them."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from itertools import product
from statistics import median

import pandas as pd
from scipy.stats import t

from ..analysis_tools.tables import markdown_table, mean_sd, of_seeds, one_teacher

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
#: Rows from which the others' differences are taken: what must be beaten, and what is
#: proposed.
COMPARED = ('control', 'sodgan')


def distinct(values: Iterable) -> list:
    """Each value once, in order of appearance."""
    return list(dict.fromkeys(values))


def spread(values: pd.Series) -> dict:
    """Mean (None without values), deviation (ddof = 1, None below two) and number."""
    mean, sd = (None if pd.isna(v) else float(v) for v in values.agg(['mean', 'std']))
    return dict(mean=mean, sd=sd, n=int(values.count()))


def paired(per_seed: pd.Series) -> dict:
    """What rows give together, seed by seed, where all of them have it.

    'interval' holds the true mean in 95 % of all cases (Student's t); None below two
    seeds.
    """
    found = dict(per_seed=per_seed.dropna().to_dict(), **spread(per_seed))
    if found['n'] < 2:
        return found | dict(interval=None)
    half = float(t.ppf(0.975, found['n'] - 1)) * found['sd'] / found['n'] ** 0.5
    return found | dict(interval=[found['mean'] - half, found['mean'] + half])


def summarise(rows: Mapping[str, Mapping], results: list[dict]) -> dict[str, dict]:
    """Figures of all rows over their seeds.

    Args:
        rows (Mapping[str, Mapping]): 'label' and 'config' by row, as in the
            benchmark file.
        results (list[dict]): Of the runs; a row may have none.

    Returns:
        dict[str, dict]: By row; one that is not trained has no 'metrics'. 'changed'
        tells whether something is laid over the config; 'epochs' are those of its
        teachers, the first one first, and its own.
    """
    # A line a seed, by metric a column a row.
    scores = measured(
        pd.DataFrame(
            [
                [r['row'], r['seed'], *(r['metrics'][key] for key in METRICS.values())]
                for r in results
            ],
            columns=['row', 'seed', *METRICS],
        ).pivot(index='seed', columns='row')
    )
    epochs = {r['row']: r['settings']['epochs'] for r in results}
    summary = {}
    for row, spec in rows.items():
        found = [result for result in results if result['row'] == row]
        summary[row] = dict(
            label=spec['label'],
            config=spec['config'],
            changed=bool(spec.get('cfg_options')),
            seeds=sorted(result['seed'] for result in found),
        )
        if not found:
            continue
        by_size = zip(*(result['buckets'] for result in found), strict=True)
        summary[row] |= dict(
            commits=distinct(result['commit'] for result in found),
            parameters=found[0]['parameters'],
            iteration_seconds=median(r['median_iteration_seconds'] for r in found),
            metrics={name: spread(scores[name][row]) for name in METRICS},
            buckets=[_bucket(seeds) for seeds in by_size],
            epochs=[epochs[r] for r in _lineage(rows, row) if r in epochs],
        )
        for other in COMPARED:
            if other != row and other in epochs:
                summary[row][f'minus_{other}'] = {
                    name: paired(scores[name][row] - scores[name][other])
                    for name in HEADLINE
                }
    return summary


def _lineage(rows: Mapping[str, Mapping], row: str) -> list[str]:
    """The row after the one whose weights it starts from, and so on back."""
    teacher = rows[row].get('teacher')
    return [*(_lineage(rows, teacher) if teacher else ()), row]


def measured(values: pd.Series | pd.DataFrame) -> pd.Series | pd.DataFrame:
    """NaN for pycocotools' -1, which says that there are no such objects."""
    return values.astype(float).where(values >= 0)


def _bucket(seeds: Sequence[Mapping]) -> dict:
    """AP of one size bucket over the seeds of a row."""
    found = {key: seeds[0][key] for key in ('name', 'sides', 'aggregate', 'num_gt')}
    return found | spread(measured(pd.Series([bucket['AP'] for bucket in seeds])))


def markdown(summary: Mapping, figures: Mapping[str, str]) -> str:
    """Lay the page out, with files of docs/images by caption."""
    name, preset, rows = (summary[key] for key in ('benchmark', 'preset', 'rows'))
    compared = [key for key in COMPARED if rows.get(key, {}).get('seeds')]
    parts = [
        f'# Benchmark {name}, preset {preset}',
        f'Written by `python -m tools.benchmark.run {name} --preset {preset}` from the '
        f'result files in `docs/results/benchmark/{name}_{preset}/`.',
        '\n'.join(f'- {line}' for line in _conditions(summary)),
        'AP in per cent, mean ± standard deviation over seeds (ddof = 1; none for '
        'one seed). AP_S and AP_M are those of COCO, sizes in px of the original '
        'image. '
        'Epochs: those of the weights that a row starts from + its own.',
        _table(rows, _figures),
        *_untrained(rows),
        '## AP by object size',
        _table(rows, _by_size),
        '## Paired differences',
        'In points of AP, same seeds; in brackets, the interval that holds the true '
        "mean in 95 % of all cases (Student's t).",
        _table(rows, partial(_differences, compared)),
        *_over_curve(rows),
        '## Figures',
        *(f'![{caption}](../images/{file})' for caption, file in figures.items()),
    ]
    return '\n\n'.join(parts) + '\n'


def _conditions(summary: Mapping) -> list[str]:
    """What the figures depend on."""
    values = {k: ', '.join(map(str, v)) for k, v in summary['conditions'].items()}
    commits = summary['conditions']['commit']
    if len(commits) > 1:
        rows = summary['rows'].items()
        made = {c: [k for k, r in rows if c in r.get('commits', ())] for c in commits}
        values['commit'] = ', '.join(f'{c} ({", ".join(made[c])})' for c in commits)
    lines = [
        f'images: {values["train_annotations"]} for training, '
        f'{values["test_annotations"]} for testing, loaded at {values["loaded_px"]} px',
        f'training: batch {values["batch_size"]}, seeds {values["seed"]}',
        f'made on {"; ".join(summary["conditions"]["hardware"])}, '
        f'torch {values["torch"]}, commit {values["commit"]}',
        's / iteration: median of the run, whatever else the machine did and with '
        'whichever number of threads; costs are compared in [speed.md](speed.md)',
        *one_teacher(summary['conditions']),
    ]
    if (inference := summary['inference']) is not None:
        width, height = inference['input']
        lines.append(
            f'ms / image: median, LR image of {width} x {height} px, batch 1, '
            f'float32, {inference["hardware"]}, commit {inference["commit"]}'
        )
    return lines


def _table(rows: Mapping[str, Mapping], cells: Callable[[Mapping], dict]) -> str:
    """A Markdown table of a trained row's cells by header."""
    trained = {row['label']: cells(row) for row in rows.values() if row['seeds']}
    header = list(next(iter(trained.values())))
    body = [[label, *found.values()] for label, found in trained.items()]
    return markdown_table(['row', *header], body)


def _untrained(rows: Mapping[str, Mapping]) -> list[str]:
    """The sentence on rows without figures; nothing where all have them."""
    labels = [row['label'] for row in rows.values() if not row['seeds']]
    return [f'Not trained: {"; ".join(labels)}.'] if labels else []


def _figures(row: Mapping) -> dict[str, str]:
    """Cells of the table of all figures."""
    time = row['inference_ms']
    return {
        'seeds': str(len(row['seeds'])),
        'epochs': ' + '.join(map(str, row['epochs'])),
        'input (px)': str(row['input_px']),
        **{name: mean_sd(row['metrics'][name]) for name in METRICS},
        'training params (M)': f'{row["parameters"] / 1e6:.1f}',
        's / iteration': f'{row["iteration_seconds"]:.2f}',
        'ms / image': 'not measured' if time is None else f'{time:.1f}',
    }


def _by_size(row: Mapping) -> dict[str, str]:
    """Cells of the table by size bucket, with the number of objects in the header."""
    cells = {}
    for bucket in row['buckets']:
        low, high = bucket['sides']
        header = f'{low:.0f}–{high:.0f} px ({bucket["num_gt"]} objects)'
        cells[header] = mean_sd(bucket)
    return cells


def _differences(others: Sequence[str], row: Mapping) -> dict[str, str]:
    """Cells of the table of a row minus those that it is read by."""
    cells = {}
    for other, name in product(others, HEADLINE):
        value = row.get(f'minus_{other}', {}).get(name)
        cells[f'{name} minus {other}'] = of_seeds(value, row) if value else '-'
    return cells


def _over_curve(rows: Mapping[str, Mapping]) -> list[str]:
    """The section on the resized inputs; nothing where none has a time."""
    text = (
        'Points of AP above inputs that are resized before the plain detector, at the '
        "row's own time, and the row's time over that of the resized input with its "
        'AP; linear between the inputs, seed by seed, with intervals as above.'
    )
    parts = []
    for key, about in dict(
        over_curve=text,
        over_supervised_curve='The same over inputs that are resized before a detector '
        'with the same HR supervision:',
    ).items():
        compared = {name: row for name, row in rows.items() if row.get(key)}
        if compared:
            parts += [about, _table(compared, partial(_beside_curve, key))]
    return parts and ['## Over the resized inputs', *parts]


def _beside_curve(key: str, row: Mapping) -> dict[str, str]:
    """Cells of the table of a row beside a curve."""
    cells = {}
    for name, found in row[key].items():
        cells[f'{name} at its time'] = of_seeds(found['ahead'], row)
        ratio = of_seeds(found['time_ratio'], row, 1, '.2f')
        cells[f'time at equal {name}'] = ratio
    return cells
