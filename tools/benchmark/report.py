"""Tables and figures of a benchmark, from the result files of its runs.

Called by run.py at its end; alone: run.py NAME --preset PRESET --report-only.
"""

import json
from itertools import combinations
from pathlib import Path

from mmdet.registry import MODELS
from mmengine.config import Config

from mmdet_sodgan.models.data_preprocessors import (
    PairedResolutionPreprocessor,
    UpscaledInputPreprocessor,
)

from . import settings
from .code_version import differing
from .report_figures import draw_figures
from .report_summary import distinct, summarise
from .report_tables import markdown
from .report_times import inference_cost, of_config
from .teachers import training_version


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
    page = settings.ROOT / f'docs/lab_notes/{stem}.md'
    page.parent.mkdir(exist_ok=True)
    page.write_text(markdown(summary, figures))
    for path in (out, page, *(images / name for name in figures.values())):
        print(f'wrote {path.relative_to(settings.ROOT)}')


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
        if missing := {'data', 'teacher'} - result.keys():
            raise SystemExit(
                f'{run.name} does not say which {" and ".join(sorted(missing))} it was '
                'made with: run it again.'
            )
        if run.teacher is not None and run.teacher not in results:
            raise SystemExit(
                f'{run.name} has no result of its teacher beside it: put that of '
                f"{run.teacher.name} back, or remove the student's."
            )
        teacher = results.get(run.teacher)
        if result['teacher'] != (teacher and training_version(teacher)):
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


def _ground_truth(result: dict) -> list[tuple]:
    return [(bucket['name'], bucket['num_gt']) for bucket in result['buckets']]
