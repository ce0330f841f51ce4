"""Tables and figures of a benchmark, from the result files of its runs.

Called by run.py at its end; alone: run NAME --preset PRESET --report-only.
"""

from mmdet.registry import MODELS
from mmengine.config import Config

from mmdet_sodgan.models.data_preprocessors import PairedResolutionPreprocessor

from . import settings
from .report_figures import draw_figures
from .report_tables import distinct, markdown, summarise
from .results import read, save, taken_from
from .settings import Run

#: What a page names of the settings and of the provenance of its results.
ASKED = ('train_annotations', 'test_annotations', 'batch_size', 'loaded_px')
#: What the times depend on.
CONDITIONS = ('input', 'hardware', 'bf16', 'commit')
MADE_WITH = ('seed', 'hardware', 'torch', 'commit')


def write_report(benchmark: str, preset: str) -> None:
    """Write summary.json, a page of Markdown and its figures.

    Raises:
        SystemExit: There are no results, or they do not belong into one table;
            nothing is written then.
    """
    results = load_results(benchmark, preset)
    refuse_mixed(results)
    rows = settings.load_benchmark(benchmark).rows
    found = list(results.values())
    made_with = {key: distinct(r['settings'][key] for r in found) for key in ASKED}
    made_with |= {key: distinct(r[key] for r in found) for key in MADE_WITH}
    cost = inference_cost(benchmark, max(made_with['loaded_px']))
    summary = dict(
        benchmark=benchmark,
        preset=preset,
        conditions=made_with,
        inference=cost,
        rows=summarise(rows, found),
    )
    for run in results:
        row = summary['rows'][run.row]
        row['input_px'] = input_side(settings.run_config(run))
        for name in ('inference_ms', 'inference_over_lr'):
            row[name] = of_config(run.row, rows, cost[name] if cost else {})
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
    for run, result in results.items():
        if result['settings'] != settings.run_settings(settings.run_config(run)):
            raise SystemExit(
                f'{run.name} was trained with other settings than {result["config"]} '
                'and the benchmark file give now: train it again.'
            )
        if run.teacher is None:
            continue
        if run.teacher not in results:
            raise SystemExit(
                f'{run.name} has no result of its teacher beside it: put that of '
                f"{run.teacher.name} back, or remove the student's."
            )
        if result['teacher'] != taken_from(run.teacher, results[run.teacher]):
            raise SystemExit(
                f'{run.name} comes from another training of {run.teacher.name} than '
                'the one whose result is here: train it again.'
            )
    # Those that agree with the first agree with each other.
    (first, result), *others = results.items()
    expected = alike(result)
    for run, result in others:
        found = alike(result)
        if names := [name for name in expected if found[name] != expected[name]]:
            raise SystemExit(
                f'{first.name} and {run.name} were made with different '
                f'{", ".join(names)}: run the older one again.'
            )


def alike(result: dict) -> dict:
    """What all results of a table share, by what a refusal calls it."""
    objects = [(bucket['name'], bucket['num_gt']) for bucket in result['buckets']]
    hashes = {f'{k} annotations': v for k, v in result['annotations'].items()}
    return result['settings'] | hashes | {'objects by size': objects, 'epochs': None}


def input_side(cfg: Config) -> int:
    """Longer side of the images that the detector sees, in px."""
    preprocessor = MODELS.build(cfg.model.data_preprocessor)
    paired = isinstance(preprocessor, PairedResolutionPreprocessor)
    return settings.loaded_side(cfg) // (preprocessor.scale_factor if paired else 1)


def of_config(row: str, rows: dict, times: dict[str, float]) -> float | None:
    """Time of a row, or of one with the same config.

    Rows of one config differ in training only: what they start from, which
    terms are on.
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
        SystemExit: What was measured under a row's name has another config.
    """
    rows = settings.load_benchmark(benchmark).rows
    for device in ('cpu', 'cuda'):
        path = settings.ROOT / f'docs/results/cost/{benchmark}_{device}.json'
        measured = read(path)
        for cell in measured.get('cells', ()):
            size = loaded_px // measured['scale_factor'], 1
            own_size = (max(cell['input']), cell['batch']) == size
            if cell['what'] != 'inference' or not own_size:
                continue
            for name in measured['systems'].keys() & rows.keys():
                timed = measured['systems'][name]['config']
                if timed != (now := f'configs/{rows[name].config}'):
                    raise SystemExit(
                        f"{path} was measured with {timed} as '{name}', which is "
                        f'{now} in the benchmark file now: measure it again with '
                        '`measure cost`.'
                    )
            times = {k: r for k, r in cell['results'].items() if 'median' in r}
            over = {k: r['ratio_to'].get('lr') for k, r in times.items()}
            return dict(
                inference_ms={k: r['median'] for k, r in times.items()},
                inference_over_lr={k: v for k, v in over.items() if v is not None},
                **{k: cell.get(k, measured.get(k)) for k in CONDITIONS},
            )
    return None
