"""What docs/results says of the configs: trainings and costs."""

import json
from pathlib import Path

from tables import RESULTS, mean_sd, time_over_lr

METRICS = ('AP', 'AP50', 'AP75', 'AP_S', 'AP_M')


def read_json(path: Path) -> dict:
    """Read a result file."""
    return json.loads(path.read_text())


def benchmark_trainings() -> dict[str, dict]:
    """Collect what the benchmarks trained, by file name of the config."""
    found, counted = {}, costs()
    for path in sorted(RESULTS.glob('benchmark/*/summary.json')):
        summary = read_json(path)
        images = ', '.join(summary['conditions']['train_annotations'])
        # Not rows that lay something over their config, nor baselines that start
        # from other weights than it says; of the others the first.
        for key, row in reversed(summary['rows'].items()):
            if row['seeds'] and not row['changed'] and not key.endswith('-started'):
                figures = _figures(path, key, row)
                results = [read_json(file) for file in figures['log']]
                hardware = sorted({result['hardware'] for result in results})
                config = Path(row['config']).name
                now = counted.get(config, {}).get('parameters_training')
                # A network of another size was trained than the config has now.
                earlier = {now} != {result['parameters'] for result in results}
                form = '; an earlier form of the network' if now and earlier else ''
                found[config] = dict(
                    **figures,
                    means={k: row['metrics'][k]['mean'] for k in METRICS},
                    conditions=f'{" + ".join(map(str, row["epochs"]))} epochs on '
                    f'{images}, benchmark {path.parent.name}; '
                    f'{"; ".join(hardware)}{form}',
                )
    return found


def compared() -> dict[str, dict]:
    """Collect the trained rows of each benchmark, by AP, and their conditions."""
    found = {}
    for path in sorted(RESULTS.glob('benchmark/*/summary.json')):
        summary = read_json(path)
        made = {k: ', '.join(map(str, v)) for k, v in summary['conditions'].items()}
        rows = [
            dict(
                label=row['label'],
                config=row['config'],
                changed=row['changed'],
                input=f'{row["input_px"]}',
                time=time_over_lr(row),
                ap=row['metrics']['AP']['mean'],
                **_figures(path, key, row),
            )
            for key, row in summary['rows'].items()
            if row['seeds']
        ]
        found[path.parent.name] = dict(
            rows=sorted(rows, key=lambda row: -row['ap']),
            conditions=f'Trained on {made["train_annotations"]}, tested on '
            f'{made["test_annotations"]}; {made["hardware"]}, torch {made["torch"]}.',
        )
    return found


def _figures(path: Path, key: str, row: dict) -> dict:
    """METRICS, seeds and result files of a row of the summary at ``path``."""
    return dict(
        figures={k: mean_sd(row['metrics'][k], '.1f') for k in METRICS},
        seeds=', '.join(map(str, row['seeds'])),
        log=[path.with_name(f'{key}_seed{s}.json') for s in row['seeds']],
    )


def costs() -> dict[str, dict]:
    """Read parameters, GFLOPs and time, by file name of the config."""
    results = map(read_json, sorted(RESULTS.glob('zoo/*.json')))
    return {Path(result['config']).name: result for result in results}
