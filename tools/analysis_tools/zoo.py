"""Write the zoo: metafiles for mim, model-index.yml and docs/lab_notes/zoo.md.

The collection at the head of each metafile is written by hand. Its models are
made from the configs beside it, and their figures from docs/results.

    python tools/analysis_tools/zoo.py           # after a config or result is added
    python tools/analysis_tools/zoo.py --check   # say what is out of date
"""

import os
from pathlib import Path

import yaml
from tables import ROOT, markdown_table, write_files
from zoo_results import METRICS, benchmark_trainings, compared, costs

PAGE = ROOT / 'docs/lab_notes/zoo.md'
#: Last part of a config's name: data set as mim shows it.
DATASETS = {
    'coco': 'COCO',
    'synthetic': 'Synthetic small objects',
    'synthetic-sizes': 'Synthetic objects of all sizes',
    'deeppcb-160': 'DeepPCB',
    'deeppcb-320': 'DeepPCB',
    'visdrone': 'VisDrone-DET',
    'aitod': 'AI-TOD',
    'tinyperson': 'TinyPerson',
    'sodad': 'SODA-D',
    'hit-uav': 'HIT-UAV',
}
COSTS = ('params (M)', 'GFLOPs', 'ms')
#: Of a row of a benchmark.
COMPARED = ('method', 'config', 'input (px)', 'time / LR', *METRICS, 'seeds', 'log')


def families() -> dict[str, list[Path]]:
    """List the configs that can be trained, by the name of their folder."""
    paths = sorted((ROOT / 'configs').glob('*/*.py'))
    found = {}
    for path in paths:
        if path.parent.name not in ('_base_', 'benchmarks'):
            found.setdefault(path.parent.name, []).append(path)
    return found


def dataset_of(path: Path) -> str:
    """Tell the data set of a config by the end of its name.

    Raises:
        SystemExit: The name ends in none that is known.
    """
    name = path.stem.rpartition('_')[2]
    if name not in DATASETS:
        raise SystemExit(
            f'{path.name} ends in none of {", ".join(DATASETS)}: rename it, or add its '
            'data set to tools/analysis_tools/zoo.py.'
        )
    return DATASETS[name]


def link(path: Path, text: str) -> str:
    """Write a link from the zoo's page to a file of the repository."""
    return f'[{text}]({os.path.relpath(path, PAGE.parent)})'


def cost_row(path: Path, cost: dict | None) -> list[str]:
    """Link a config, and fill its COSTS."""
    cells = [link(path, path.stem), '', '', '']
    if cost is not None:
        gflops, ms = cost['gflops'], cost['ms']
        cells[1] = f'{cost["parameters"] / 1e6:.1f}'
        cells[2] = f'{gflops:.0f}' if gflops >= 10 else f'{gflops:.1f}'
        cells[3] = '' if ms is None else f'{ms:.0f}'
    return cells


def compared_row(row: dict) -> list[str]:
    """Fill one line of a benchmark's table."""
    path = ROOT / 'configs' / row['config']
    config = link(path, path.stem) + ' and options' * row['changed']
    cells = [row['label'], config, row['input'], row['time']]
    cells += [row['figures'][key] for key in METRICS]
    logs = ' '.join(link(log, f'{i}') for i, log in enumerate(row['log'], 1))
    return [*cells, row['seeds'], logs]


def page(collections: dict[str, dict], cost: dict) -> str:
    """Write the text of docs/lab_notes/zoo.md."""
    hardware = sorted({f'{c["hardware"]}, torch {c["torch"]}' for c in cost.values()})
    side = next(iter(cost.values()))['image'][0] if cost else 0
    parts = [
        '# Zoo',
        'Written by `tools/analysis_tools/zoo.py` from the metafiles beside the '
        'configs and the files in `docs/results`. First what was trained, of each '
        'benchmark by AP, then all other configs. No weights are published.',
        '## Trained',
        'AP in per cent, mean ± standard deviation over seeds, in the size ranges of '
        'COCO (pixels of the original image); larger objects are in the tables of the '
        'benchmarks. A benchmark lays the budget of its preset over the config '
        '(`configs/benchmarks`), and the options of a row where one says so.',
    ]
    benchmarks = compared()
    for folder, benchmark in benchmarks.items():
        about = f'benchmark_{folder}.md'
        parts += [
            f'### [{folder}]({about})',
            benchmark['conditions'],
            markdown_table(
                [*COMPARED], [compared_row(row) for row in benchmark['rows']]
            ),
        ]
    parts += [
        '## Not trained',
        'Params are those that a prediction needs. GFLOPs (a multiply-add is 2) of '
        f"one image of {side} x {side} px through the config's own test pipeline, "
        f'degradation to the low-resolution input included; ms likewise, where '
        f'measured ({"; ".join(hardware)}; `python -m tools.benchmark.measure zoo`). '
        'They are single runs or the median of a few, beside other work: an order of '
        'magnitude. '
        'What is compared side by side stands in [speed.md](speed.md).',
    ]
    shown = {Path(row['config']).name for b in benchmarks.values() for row in b['rows']}
    for folder, group in families().items():
        collection = collections[folder]
        about = [link(ROOT / collection['README'], 'about')]
        if 'Paper' in collection:
            about.append(f'*{collection["Paper"]["Title"]}*')
        rows = [cost_row(p, cost.get(p.name)) for p in group if p.name not in shown]
        if rows:
            parts += [
                f'<details markdown><summary>{collection["Name"]}: {len(rows)} configs'
                '</summary>',
                ', '.join(about),
                markdown_table(['config', *COSTS], rows),
                '</details>',
            ]
    return '\n\n'.join(parts) + '\n'


def model(path: Path, collection: str, trained: dict | None, cost: dict | None) -> dict:
    """Make the entry of a config in its metafile."""
    entry = {
        'Name': path.stem,
        'In Collection': collection,
        'Config': str(path.relative_to(ROOT)),
        'Metadata': {'Training Data': dataset_of(path)},
    }
    if cost is not None:
        entry['Metadata']['Parameters (M)'] = round(cost['parameters'] / 1e6, 2)
        entry['Metadata']['FLOPs (G)'] = round(cost['gflops'], 1)
    if trained is not None:
        metrics = {f'box {k}': round(100 * v, 1) for k, v in trained['means'].items()}
        entry['Results'] = [
            {
                'Task': 'Object Detection',
                'Dataset': dataset_of(path),
                'Metrics': metrics,
                'Conditions': trained['conditions'],
            }
        ]
    return entry


def read_collection(folder: str) -> dict:
    """Read the part of a metafile that is written by hand.

    Raises:
        SystemExit: It is not there, or names a README that is not.
    """
    path = ROOT / 'configs' / folder / 'metafile.yml'
    found = yaml.safe_load(path.read_text()) if path.is_file() else {}
    collections = found.get('Collections') or []
    if len(collections) != 1:
        raise SystemExit(
            f'{path.relative_to(ROOT)} must hold one collection (Name, README): write '
            'it, as in the metafile of another folder.'
        )
    if not (ROOT / collections[0]['README']).is_file():
        raise SystemExit(
            f'{path.relative_to(ROOT)} names {collections[0]["README"]}, which does '
            'not exist: write it.'
        )
    return collections[0]


def dump(content: dict) -> str:
    """Write YAML in the order of the keys."""
    return yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=88)


def render() -> dict[Path, str]:
    """Make the content of every file of the zoo, by path."""
    collections = {folder: read_collection(folder) for folder in families()}
    trained, cost = benchmark_trainings(), costs()
    files, metafiles = {}, []
    for folder, paths in families().items():
        metafiles.append(f'configs/{folder}/metafile.yml')
        name = collections[folder]['Name']
        models = [model(p, name, trained.get(p.name), cost.get(p.name)) for p in paths]
        content = {'Collections': [collections[folder]], 'Models': models}
        files[ROOT / metafiles[-1]] = dump(content)
    files[ROOT / 'model-index.yml'] = dump({'Import': metafiles})
    files[PAGE] = page(collections, cost)
    return files


if __name__ == '__main__':
    write_files(__doc__, render)
