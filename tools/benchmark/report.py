"""Tables and figures of a benchmark, from the result files of its runs.

Called by run.py at its end; alone: run NAME --preset PRESET --report-only.
"""

from itertools import combinations

from mmdet.registry import MODELS
from mmengine.config import Config

from mmdet_sodgan.models.data_preprocessors import (
    PairedResolutionPreprocessor,
    UpscaledInputPreprocessor,
)

from . import settings
from .report_figures import draw_figures
from .report_page import markdown
from .report_summary import distinct, summarise
from .results import losses_hash, read, save
from .settings import Run


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
    found = list(results.values())
    asked = ('train_annotations', 'test_annotations', 'batch_size', 'loaded_px')
    made_with = {key: distinct(r['settings'][key] for r in found) for key in asked} | {
        key: distinct(r[key] for r in found)
        for key in ('seed', 'hardware', 'torch', 'commit')
    }
    cost = inference_cost(benchmark, max(made_with['loaded_px']))
    summary = dict(
        benchmark=benchmark,
        preset=preset,
        conditions=made_with,
        inference=cost,
        rows=summarise(rows, found),
    )
    for row, cfg in configs.items():
        summary['rows'][row]['input_px'] = input_side(cfg)
        for name in ('inference_ms', 'inference_over_lr'):
            times = cost[name] if cost else {}
            summary['rows'][row][name] = of_config(row, rows, times)
    out = settings.results_dir(benchmark, preset) / 'summary.json'
    save(summary, out)
    stem = f'benchmark_{benchmark}_{preset}'
    images = settings.ROOT / 'docs' / 'images'
    images.mkdir(parents=True, exist_ok=True)
    figures = draw_figures(summary, found, images, stem)
    page = settings.ROOT / f'docs/lab_notes/{stem}.md'
    page.parent.mkdir(exist_ok=True)
    page.write_text(markdown(summary, figures))
    for path in (out, page, *(images / name for name in figures.values())):
        print(f'wrote {path.relative_to(settings.ROOT)}')


def load_results(benchmark: str, preset: str) -> dict[Run, dict]:
    """Read the result files, in the order of rows and seeds.

    Raises:
        SystemExit: There is none, or one is of a row that is gone.
    """
    folder = settings.results_dir(benchmark, preset)
    rows = list(settings.load_benchmark(benchmark).rows)
    results = {}
    for path in folder.glob('*_seed*.json'):
        result = read(path)
        if result['row'] not in rows:
            raise SystemExit(
                f"{path} is of the row '{result['row']}', which the benchmark does "
                'not hold any more: remove the file.'
            )
        results[Run(benchmark, preset, result['row'], result['seed'])] = result
    if not results:
        raise SystemExit(f'{folder} has no results: train some rows first.')
    order = sorted(results, key=lambda run: (rows.index(run.row), run.seed))
    return {run: results[run] for run in order}


def refuse_mixed(results: dict[Run, dict]) -> None:
    """See that the figures of all runs may stand beside each other.

    Their commits may differ, which the page names.

    Raises:
        SystemExit: Two runs had other settings but for the epochs, other annotations
            or other objects to be tested on, or one was made with other settings
            than now or from another training of its teacher; names them.
    """
    asked = {
        run.row: settings.run_settings(settings.run_config(run)) for run in results
    }
    for run, result in results.items():
        if result['settings'] != asked[run.row]:
            raise SystemExit(
                f'{run.name} was trained with other settings than {result["config"]} '
                'and the benchmark file give now: train it again.'
            )
        if run.teacher is not None and run.teacher not in results:
            raise SystemExit(
                f'{run.name} has no result of its teacher beside it: put that of '
                f"{run.teacher.name} back, or remove the student's."
            )
        teacher = results.get(run.teacher)
        if teacher and result['teacher'] != dict(
            result=run.teacher.result.name,
            losses=losses_hash(teacher['curves']['train']),
        ):
            raise SystemExit(
                f'{run.name} comes from another training of {run.teacher.name} than '
                'the one whose result is here: train it again.'
            )
    # The first stands for all, as what must agree is an equality.
    for (run, result), (other, second) in combinations(results.items(), 2):
        for part in ('settings', 'annotations'):
            both = (r[part].items() for r in (result, second))
            differing = [a[0] for a, b in zip(*both, strict=True) if a != b]
            if names := [name for name in differing if name != 'epochs']:
                raise SystemExit(
                    f'{run.name} and {other.name} were made with different {part} '
                    f'({", ".join(names)}): run the older one again.'
                )
        if _ground_truth(result) != _ground_truth(second):
            raise SystemExit(
                f'{run.name} and {other.name} differ in size buckets or in objects '
                'per bucket, so in the annotations they were tested on.'
            )


def input_side(cfg: Config) -> int:
    """Longer side of the images that the detector sees, in px."""
    preprocessor = MODELS.build(cfg.model.data_preprocessor)
    side = settings.loaded_side(cfg)
    if isinstance(preprocessor, PairedResolutionPreprocessor) and not isinstance(
        preprocessor, UpscaledInputPreprocessor
    ):
        return side // preprocessor.scale_factor
    return side


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


def inference_cost(benchmark: str, loaded_px: int) -> dict | None:
    """What ``measure cost`` found at the benchmark's own size, one image at a time.

    Args:
        benchmark (str): Name of the benchmark file.
        loaded_px (int): Longer side of the HR images, in px.

    Returns:
        dict | None: By row 'inference_ms' an image and 'inference_over_lr' (median
        of the ratios within a round), and what they depend on; the CPU's where
        there are several devices', None where nothing was measured.

    Raises:
        SystemExit: What was measured under a row's name has another config or other
            options than the row has now.
    """
    rows = settings.load_benchmark(benchmark).rows
    for device in ('cpu', 'cuda'):
        path = settings.ROOT / f'docs/results/cost/{benchmark}_{device}.json'
        measured = read(path)
        for cell in measured.get('cells', ()):
            lr_px = loaded_px // measured['scale_factor']
            own_size = cell['batch'] == 1 and max(cell['input']) == lr_px
            if cell['what'] != 'inference' or not own_size:
                continue
            for name, system in measured['systems'].items():
                if name in rows and system['config'] != f'configs/{rows[name].config}':
                    raise SystemExit(
                        f"{path} was measured with {system['config']} as '{name}', "
                        f'which is configs/{rows[name].config} in the benchmark file '
                        'now: measure it again with `measure cost`.'
                    )
            timed = {k: r for k, r in cell['results'].items() if 'median' in r}
            return dict(
                inference_ms={k: r['median'] for k, r in timed.items()},
                inference_over_lr={
                    k: r['ratio_to']['lr']
                    for k, r in timed.items()
                    if 'lr' in r['ratio_to']
                },
                input=cell['input'],
                **{name: measured[name] for name in ('hardware', 'bf16', 'commit')},
            )
    return None


def _ground_truth(result: dict) -> list[tuple]:
    """Number of objects by bucket."""
    return [(bucket['name'], bucket['num_gt']) for bucket in result['buckets']]
