"""Tables and figures of a benchmark, from the result files of its runs.

Called by run.py at its end; alone: run.py NAME --preset PRESET --report-only.
"""

import json
from itertools import combinations
from pathlib import Path

import settings
from code_version import differing
from mmdet.registry import MODELS
from mmengine.config import Config
from report_figures import draw_figures
from report_summary import distinct, summarise
from report_tables import markdown
from teachers import training_version

from mmdet_sodgan.models.data_preprocessors import (
    PairedResolutionPreprocessor,
    UpscaledInputPreprocessor,
)


def write_report(benchmark: str, preset: str) -> None:
    """Write summary.json, a page of Markdown and its figures.

    Args:
        benchmark (str): Name of a file in configs/benchmarks.
        preset (str): Budget.

    Raises:
        SystemExit: There are no results, or they do not belong into one table;
            nothing is written then.
    """
    results = load_results(benchmark, preset)
    refuse_mixed(results)
    rows = settings.load_benchmark(benchmark).rows
    configs = {run.row: settings.run_config(run) for run in results}
    made_with = conditions(list(configs.values()), list(results.values()))
    cost = inference_cost(benchmark, max(made_with['loaded_px']))
    summary = dict(
        benchmark=benchmark,
        preset=preset,
        conditions=made_with,
        inference=cost,
        rows=summarise(rows, list(results.values())),
    )
    for row, cfg in configs.items():
        summary['rows'][row]['input_px'] = input_side(cfg)
        for name in ('inference_ms', 'inference_over_lr'):
            times = cost[name] if cost else {}
            summary['rows'][row][name] = of_config(row, rows, times)
    out = settings.results_dir(benchmark, preset) / 'summary.json'
    out.write_text(json.dumps(summary, indent=1) + '\n')
    stem = f'benchmark_{benchmark}_{preset}'
    images = settings.ROOT / 'docs' / 'images'
    images.mkdir(parents=True, exist_ok=True)
    figures = draw_figures(summary, list(results.values()), images, stem)
    page = settings.ROOT / 'docs' / f'{stem}.md'
    page.write_text(markdown(summary, figures))
    for path in (out, page, *(images / name for name in figures.values())):
        print(f'wrote {path.relative_to(settings.ROOT)}')


def of_config(row: str, rows: dict, times: dict[str, float]) -> float | None:
    """Time of a row, or of one with the same config.

    Rows of one config differ in training only: what they start from, which
    terms are on.

    Args:
        row (str): Which.
        rows (dict): Of the benchmark file.
        times (dict[str, float]): By row, where measured.
    """
    alike = [other for other in rows if rows[other]['config'] == rows[row]['config']]
    return next((times[name] for name in [row, *alike] if name in times), None)


def load_results(benchmark: str, preset: str) -> dict[settings.Run, dict]:
    """Read the result files, in the order of rows and seeds.

    Raises:
        SystemExit: There is none, or one is of a row that is gone.
    """
    folder = settings.results_dir(benchmark, preset)
    rows = list(settings.load_benchmark(benchmark).rows)
    results = {}
    for path in folder.glob('*_seed*.json'):
        result = json.loads(path.read_text())
        if result['row'] not in rows:
            raise SystemExit(
                f"{path} is of the row '{result['row']}', which the benchmark does "
                'not hold any more: remove the file.'
            )
        run = settings.Run(benchmark, preset, result['row'], result['seed'])
        results[run] = result
    if not results:
        raise SystemExit(f'{folder} has no results: train some rows first.')
    order = sorted(results, key=lambda run: (rows.index(run.row), run.seed))
    return {run: results[run] for run in order}


def refuse_mixed(results: dict[settings.Run, dict]) -> None:
    """See that the figures of all runs may stand beside each other.

    Args:
        results (dict[Run, dict]): Result by run.

    Raises:
        SystemExit: Two runs used different code or annotations, were tested on
            different objects, or one was made with other settings than now or from
            another training of its teacher; names them.
    """
    for run, result in results.items():
        # The hash covers the seed, so those of two seeds cannot be compared with
        # each other; that each is today's makes them agree, and rows too.
        if result['settings'] != settings.settings_hash(run):
            raise SystemExit(
                f'{run.name} was trained with other settings than {result["config"]} '
                'and the benchmark file give now: train it again.'
            )
        if 'data' not in result:
            raise SystemExit(
                f'{run.name} does not say which annotations it was made with: run it '
                'again.'
            )
        teacher = results.get(run.teacher)
        if result.get('teacher') != (teacher and training_version(teacher)):
            raise SystemExit(
                f'{run.name} comes from another training of {run.teacher.name} than '
                'the one whose result is here: train it again.'
            )
    for (run, result), (other, second) in combinations(results.items(), 2):
        if names := differing(result['code'], second['code']):
            raise SystemExit(
                f'{run.name} and {other.name} were made with different versions of '
                f'{", ".join(names)}: train the older one again.'
            )
        if names := differing(result['data'], second['data']):
            raise SystemExit(
                f'{run.name} and {other.name} were made with different annotations '
                f'({", ".join(names)}): run the older one again.'
            )
        if _ground_truth(result) != _ground_truth(second):
            raise SystemExit(
                f'{run.name} and {other.name} differ in size buckets or in objects '
                'per bucket, so in the annotations they were tested on.'
            )


def conditions(configs: list[Config], results: list[dict]) -> dict[str, list]:
    """What the figures depend on; more than one value where runs differ.

    Args:
        configs (list[Config]): One a trained row.
        results (list[dict]): Of all runs.

    Returns:
        dict[str, list]: Distinct values by name.
    """
    by_config = dict(
        train_annotations=lambda c: Path(c.train_dataloader.dataset.ann_file).stem,
        test_annotations=lambda c: Path(c.val_dataloader.dataset.ann_file).stem,
        batch_size=lambda c: c.train_dataloader.batch_size,
        loaded_px=loaded_side,
    )
    by_result = ('seed', 'hardware', 'torch', 'commit')
    return {
        **{name: distinct(map(get, configs)) for name, get in by_config.items()},
        **{name: distinct(r[name] for r in results) for name in by_result},
    }


def loaded_side(cfg: Config) -> int:
    """Longer side of the images that the pipeline loads, in px."""
    (resize,) = [t for t in cfg.val_dataloader.dataset.pipeline if t.type == 'Resize']
    return max(resize.scale)


def input_side(cfg: Config) -> int:
    """Longer side of the images that the detector sees, in px."""
    preprocessor = MODELS.build(cfg.model.data_preprocessor)
    if isinstance(preprocessor, PairedResolutionPreprocessor) and not isinstance(
        preprocessor, UpscaledInputPreprocessor
    ):
        return loaded_side(cfg) // preprocessor.scale_factor
    return loaded_side(cfg)


def inference_cost(benchmark: str, loaded_px: int) -> dict | None:
    """What cost.py measured at the benchmark's own size and one image at a time.

    Args:
        benchmark (str): Name of the benchmark file.
        loaded_px (int): Longer side of the HR images, in px.

    Returns:
        dict | None: By row 'inference_ms' an image and 'inference_over_lr' (median
        of the ratios within a round), and what they depend on; the CPU's where
        there are several devices', None where nothing was measured.

    Raises:
        SystemExit: What was measured under a row's name is not the row.
    """
    for device in ('cpu', 'cuda'):
        path = settings.ROOT / f'docs/results/cost/{benchmark}_{device}.json'
        measured = json.loads(path.read_text()) if path.is_file() else {}
        check_systems(measured.get('systems', {}), benchmark, path)
        for cell in measured.get('cells', ()):
            lr_px = loaded_px // measured['scale_factor']
            own_size = cell['batch'] == 1 and max(cell['input']) == lr_px
            if cell['what'] == 'inference' and own_size:
                names = ('hardware', 'bf16', 'commit')
                timed = {k: r for k, r in cell['results'].items() if 'median' in r}
                return dict(
                    inference_ms={k: r['median'] for k, r in timed.items()},
                    inference_over_lr={
                        k: r['ratio_to']['lr']
                        for k, r in timed.items()
                        if 'lr' in r['ratio_to']
                    },
                    input=cell['input'],
                    **{name: measured[name] for name in names},
                )
    return None


def check_systems(systems: dict[str, dict], benchmark: str, path: Path) -> None:
    """See that what was measured under a row's name is the row.

    Args:
        systems (dict[str, dict]): 'config' and 'cfg_options' by name, of cost.py.
        benchmark (str): Name of the benchmark file.
        path (Path): Where they are from.

    Raises:
        SystemExit: A row has another config or other options now; names both.
    """
    rows = settings.load_benchmark(benchmark).rows
    for name in systems.keys() & rows.keys():
        timed = systems[name]['config'], systems[name]['cfg_options']
        row = f'configs/{rows[name].config}', dict(rows[name].get('cfg_options', {}))
        if timed != row:
            raise SystemExit(
                f"{path} was measured with {timed} as '{name}', which is {row} in the "
                'benchmark file now: measure it again with cost.py.'
            )


def _ground_truth(result: dict) -> list[tuple]:
    return [(bucket['name'], bucket['num_gt']) for bucket in result['buckets']]
