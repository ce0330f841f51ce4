"""Tables and figures of a benchmark, from the result files of its runs.

Called by run.py at its end; alone: run NAME --preset PRESET --report-only.
"""

from mmdet.registry import MODELS
from mmengine.config import Config

from mmdet_sodgan.models.data_preprocessors import DegradingPreprocessor

from . import settings
from .report_figures import draw_figures
from .report_tables import distinct, markdown, summarise
from .resize_curve import CURVES, over_curve
from .results import read, save, taken_from, values_changed
from .settings import Run

#: What a page names of the settings and of the provenance of its results.
ASKED = ('train_annotations', 'test_annotations', 'batch_size', 'loaded_px')
MADE_WITH = ('seed', 'hardware', 'torch', 'commit')
#: What the times depend on.
CONDITIONS = ('input', 'hardware', 'commit', 'onnx_threads')
#: Names under which a benchmark file has rows of other methods and detectors.
OTHERS = ('related', 'detectors')
#: What a row has of inference_cost().
COST = ('inference_ms', 'inference_over_lr', 'onnxruntime_over_lr')
#: Options by which rows of one config differ at test time too.
ENLARGING = ('model.data_preprocessor.type', 'model.data_preprocessor.input_scale')


def write_report(benchmark: str, preset: str) -> None:
    """Write summary.json, a page of Markdown and its figures.

    Raises:
        SystemExit: There are no results, or they do not belong into one table;
            nothing is written then.
    """
    results = load_results(benchmark, preset)
    refuse_mixed(results)
    if other := [run.name for run in results if values_changed(run)]:
        print(
            f'{", ".join(other)} had other values in their config than now: give '
            '--retrain ROW where the page is to show what the config says today.'
        )
    content = settings.load_benchmark(benchmark)
    rows = content.rows
    found = list(results.values())
    made_with = {key: distinct(r['settings'][key] for r in found) for key in ASKED}
    made_with |= {key: distinct(r[key] for r in found) for key in MADE_WITH}
    if 'teacher_seed' in content.presets[preset]:
        # A student's student starts, through it, from the same training.
        students = [run for run in results if run.teacher]
        made_with['teacher'] = distinct(
            results[run]['teacher']['result']
            for run in students
            if run.teacher not in students
        )
    # Rows of one detector, of which one may have a discriminator in training, are timed
    # once.
    sizes = {(detector_of(rows[r['row']]), r['parameters']) for r in found}
    cost = inference_cost(benchmark, max(made_with['loaded_px']), sizes)
    summary = dict(benchmark=benchmark, preset=preset, conditions=made_with)
    summary |= dict(inference=cost, rows=summarise(rows, found))
    others = {row for name in OTHERS for row in content.get(name, ())}
    for run in results:
        row = summary['rows'][run.row]
        row['input_px'] = input_side(settings.run_config(run))
        row['other'] = run.row in others
        for name in COST:
            row[name] = of_config(run.row, rows, cost[name] if cost else {})
    for name, curve in CURVES.items():
        for row, beside in over_curve(summary['rows'], found, curve).items():
            summary['rows'][row][name] = beside
    out = settings.results_dir(benchmark, preset) / 'summary.json'
    save(summary, out)
    stem = f'benchmark_{benchmark}_{preset}'
    images = settings.ROOT / 'docs' / 'images'
    images.mkdir(parents=True, exist_ok=True)
    figures = draw_figures(summary, found, images, stem)
    page = settings.ROOT / f'docs/lab_notes/{stem}.md'
    page.parent.mkdir(exist_ok=True)
    page.write_text(markdown(summary, figures))
    print(f'wrote {out}, {page} and {len(figures)} figures in {images}')


def load_results(benchmark: str, preset: str) -> dict[Run, dict]:
    """Read the result files, in the order of rows and seeds.

    Raises:
        SystemExit: There is none, or some are of rows that are gone.
    """
    folder = settings.results_dir(benchmark, preset)
    rows = list(settings.load_benchmark(benchmark).rows)
    found = [read(path) for path in folder.glob('*_seed*.json')]
    if not found:
        raise SystemExit(f'{folder} has no results: train some rows first.')
    if gone := sorted({r['row'] for r in found} - {*rows}):
        raise SystemExit(
            f'{folder} has results of {", ".join(gone)}, which the benchmark does not '
            'hold any more: remove these files.'
        )
    found.sort(key=lambda result: (rows.index(result['row']), result['seed']))
    return {Run(benchmark, preset, r['row'], r['seed']): r for r in found}


def refuse_mixed(results: dict[Run, dict]) -> None:
    """See that the figures of all runs may stand beside each other.

    Their commits may differ, which the page names.

    Raises:
        SystemExit: One was made with other settings than now or from another
            training of its teacher, or two differ in what is :func:`alike`.
    """
    for run, result in results.items():
        if result['settings'] != settings.run_settings(settings.run_config(run)):
            raise SystemExit(
                f'{run.name} was trained with other settings than {result["config"]} '
                'and the benchmark file give now: train it again.'
            )
        teacher = run.teacher
        source = teacher and taken_from(teacher, results.get(teacher, {}))
        if result['teacher'] != source:
            raise SystemExit(
                f'{run.name} comes from another training of {teacher.name} than one '
                'whose result is here: put that result back, or train it again.'
            )
    # Those that agree with the first agree with each other.
    (first, result), *others = results.items()
    expected = alike(result)
    for run, result in others:
        found = alike(result)
        # Detectors of another kind learn by another recipe.
        if not run.spec.get('student', True):
            found |= {key: expected[key] for key in ('optimizer', 'pretrained')}
        names = [name for name in expected if found[name] != expected[name]]
        if names:
            raise SystemExit(
                f'{first.name} and {run.name} were made with different '
                f'{", ".join(names)}: run the older one again.'
            )


def alike(result: dict) -> dict:
    """What all results of a table share, the epochs aside."""
    objects = [(bucket['name'], bucket['num_gt']) for bucket in result['buckets']]
    hashes = {f'{k} annotations': v for k, v in result['annotations'].items()}
    return result['settings'] | hashes | {'objects by size': objects, 'epochs': None}


def input_side(cfg: Config) -> int:
    """Longer side of the images that the detector sees, in px."""
    preprocessor = MODELS.build(cfg.model.data_preprocessor)
    if not isinstance(preprocessor, DegradingPreprocessor):
        return settings.loaded_side(cfg)
    enlarged = getattr(preprocessor, 'input_scale', 1)
    return int(settings.loaded_side(cfg) / preprocessor.scale_factor * enlarged)


def of_config(row: str, rows: dict, times: dict[str, float]) -> float | None:
    """Time of a row, or of one with its config, which differs in training only."""
    same = [
        other for other in rows if detector_of(rows[other]) == detector_of(rows[row])
    ]
    return next((times[name] for name in [row, *same] if name in times), None)


def detector_of(row: dict) -> tuple:
    """What a row predicts with."""
    options = row.get('cfg_options') or {}
    return row['config'], *(options.get(key) for key in ENLARGING)


def inference_cost(
    benchmark: str, loaded_px: int, trained: set[tuple[tuple, int]]
) -> dict | None:
    """What ``measure cost`` found for HR images of a longer side, one at a time.

    Args:
        benchmark (str): Its name.
        loaded_px (int): The longer side.
        trained (set[tuple[tuple, int]]): What was trained, as of :func:`detector_of`,
            and its parameters; times of a network with others are left out.

    Returns:
        dict | None: By row 'inference_ms' an image, 'inference_over_lr' (median
        of the ratios within a round) and 'onnxruntime_over_lr', and what they depend
        on; the CPU's where there are several devices', None where nothing was measured.

    Raises:
        SystemExit: What was measured under a row's name has another config.
    """
    rows = settings.load_benchmark(benchmark).rows
    for device in ('cpu', 'cuda'):
        path = settings.ROOT / f'docs/results/cost/{benchmark}_{device}.json'
        measured = read(path)
        own = loaded_px // measured.get('scale_factor', 1), 1
        cells = {}
        for cell in measured.get('cells', ()):
            if (max(cell['input']), cell['batch']) == own:
                cells.setdefault(cell['what'], cell)
        if cell := cells.get('inference'):
            for name in measured['systems'].keys() & rows.keys():
                timed = measured['systems'][name]['config']
                if timed != f'configs/{rows[name].config}':
                    raise SystemExit(
                        f"{path} was measured with {timed} as '{name}', which has "
                        'another config in the benchmark file now: measure it again '
                        'with `measure cost`.'
                    )
            times = {k: r for k, r in cell['results'].items() if 'median' in r}
            known = {detector for detector, _ in trained}
            for name in sorted(times.keys() & rows.keys()):
                detector = detector_of(rows[name])
                count = measured['systems'][name].get('parameters_training')
                if detector not in known or count is None:
                    continue
                if (detector, count) in trained:
                    continue
                del times[name]
                print(
                    f"{path} has the time of another network than '{name}' was trained "
                    'as, which is left out: measure it again with `measure cost`.'
                )
            exported = cells.get('onnxruntime', dict(results={}))['results']
            return dict(
                inference_ms={k: r['median'] for k, r in times.items()},
                inference_over_lr=over_lr(times),
                onnxruntime_over_lr=over_lr({k: exported.get(k, {}) for k in times}),
                **{k: cell.get(k, measured.get(k)) for k in CONDITIONS},
            )
    return None


def over_lr(results: dict[str, dict]) -> dict[str, float]:
    """Time over that of the LR baseline by row, where both were measured."""
    ratios = {name: r.get('ratio_to', {}).get('lr') for name, r in results.items()}
    return {name: ratio for name, ratio in ratios.items() if ratio is not None}
