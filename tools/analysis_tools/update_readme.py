"""Write the figures of README and results page from the JSON files in docs/results."""

import argparse
import json
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
RESULTS = ROOT / 'docs' / 'results'
#: Pages with marked parts.
PAGES = ('README.md', 'docs/lab_notes/results.md')
#: Folder of the benchmark of each marked part, and the rows that are named there.
BENCHMARKS = dict(
    benchmark='deeppcb-160_r18_cpu-12e-avg', hituav='hit-uav_mobilenetv2_cpu-12e-avg'
)
#: Rows of the README, of the first benchmark, in the words of somebody who has not
#: read the rest.
FRONT = {
    'lr-started': 'plain detector',
    'resized-1.25': 'plain detector, input enlarged 1.25 times',
    'sodgan': '**SODGAN**',
    'resized-1.5': 'plain detector, input enlarged 1.5 times',
    'resized-1.75': 'plain detector, input enlarged 1.75 times',
    'oracle': 'plain detector on full-resolution images',
}
HEADLINE = (
    *('lr-started', 'distilled', 'resized-1.25', 'resized-1.25-supervised'),
    *('resized-1.5', 'resized-1.75', 'control', 'sodgan', 'with-d', 'oracle'),
)
COLUMNS = (
    '',
    'input (px)',
    'AP_S',
    'AP',
    'AP_S over resized inputs at its time',
    'time at equal AP_S',
    'time / LR baseline',
    'epochs',
    'seeds',
)


def percent(value: float) -> str:
    """Write per cent with one decimal, and a dash for pycocotools' -1."""
    return '-' if value < 0 else f'{100 * value:.1f}'


def spans(buckets: list[dict]) -> list[str]:
    """List the headers of the columns by size."""
    return [f'AP {b["sides"][0]:.0f}–{b["sides"][1]:.0f} px' for b in buckets]


def rows(header: list[str], body: list[list[str]]) -> str:
    """Write a Markdown table."""
    lines = [header, ['---'] * len(header), *body]
    return '\n'.join(f'| {" | ".join(line)} |' for line in lines)


def conditions(result: dict) -> str:
    """Say in one line what a figure depends on."""
    return (
        f'seed {result["seed"]}, commit {result["commit"]}, {result["hardware"]}, '
        f'torch {result["torch"]}'
    )


def benchmark_section(summary: dict | None, folder: str) -> str:
    """Write what a benchmark gave, whoever is ahead, and its figure.

    Args:
        summary (dict | None): Content of summary.json; None where there is none.
        folder (str): Of its results.
    """
    if summary is None:
        return 'Benchmark: not measured yet.'
    made = {key: ', '.join(map(str, v)) for key, v in summary['conditions'].items()}
    measured = ''
    if summary['inference'] is not None:
        measured = f'; inference on {summary["inference"]["hardware"]}, batch 1'
    text = (
        f'[Benchmark {summary["benchmark"]}](benchmark_{folder}.md), annotations '
        f'{made["train_annotations"]} for training, {made["test_annotations"]} for '
        f'testing, images of {made["loaded_px"]} px, reduced to the input of each row'
        f'{measured}. AP in per cent, mean ± standard deviation over seeds; AP_S is '
        'that of objects below 32 px in the original image, before it is reduced at '
        'all; over resized inputs and time at equal AP_S, the time over that of the '
        'resized input with the AP_S of the row, are paired by seed, with intervals of '
        "95 % (Student's t). Epochs: those of the weights that a row starts from + "
        'its own.'
    )
    text += ''.join(f' Note: {x}.' for x in one_teacher(summary['conditions']))
    text += '\n\n'
    named = [summary['rows'][key] for key in HEADLINE if key in summary['rows']]
    text += rows(list(COLUMNS), [headline_row(row) for row in named])
    control = summary['rows'].get('sodgan', {}).get('minus_control')
    if control and control['AP_S']['mean'] is not None:
        label = summary['rows']['control']['label']
        text += (
            f'\n\n{summary["rows"]["sodgan"]["label"]} minus {label}, paired by seed: '
            f'{interval(control["AP_S"])} AP_S, {interval(control["AP"])} AP '
            f'({seeds(control["AP_S"]["n"])}).'
        )
    return text + figure(summary, folder, '../')


def figure(summary: dict, folder: str, docs: str, others: bool = False) -> str:
    """Write the picture of AP against time, where times were measured."""
    drawn = [r for r in summary['rows'].values() if r['seeds'] and r['other'] >= others]
    if not any(row['inference_ms'] for row in drawn):
        return ''
    name = 'pareto_others' if others else 'pareto'
    picture = f'{docs}images/benchmark_{folder}_{name}.png'
    return f'\n\n![AP of small objects against inference time]({picture})'


def others_section(summary: dict | None, folder: str) -> str:
    """Write what other methods and detectors gave, best first, and their figure.

    Args:
        summary (dict | None): Content of summary.json; None where there is none.
        folder (str): Of its results.
    """
    if summary is None:
        return 'Benchmark: not measured yet.'
    named = [
        row
        for key, row in summary['rows'].items()
        if row['seeds'] and (row['other'] or key in HEADLINE and key != 'with-d')
    ]
    named.sort(key=lambda row: row['metrics']['AP']['mean'], reverse=True)
    header = ['', 'input (px)', 'AP_S', 'AP', 'AP minus SODGAN']
    body = [
        trained_row(
            row,
            of_seeds(row['minus_sodgan']['AP'], row) if 'minus_sodgan' in row else '',
            time_over_lr(row),
            time_over_lr(row, 'onnxruntime_over_lr'),
        )
        for row in named
    ]
    text = rows([*header, 'time / LR', 'in onnxruntime', 'epochs', 'seeds'], body)
    text += '\n\nAP minus SODGAN: of the same seeds'
    if (cost := summary['inference']) is not None:
        text += (
            f'. Times: batch 1, {cost["hardware"]}, onnxruntime with '
            f'{cost["onnx_threads"]} threads, each over that of the LR baseline in the '
            'same runtime; a dash where there is no export or no measurement'
        )
    return f'{text}.{figure(summary, folder, "../", others=True)}'


def front_section(summary: dict | None, folder: str) -> str:
    """Write the figure and the few rows that a newcomer compares.

    Args:
        summary (dict | None): Content of summary.json; None where there is none.
        folder (str): Of its results.
    """
    if summary is None:
        return 'Benchmark: not measured yet.'
    header = ['', 'input (px)', 'AP of small objects', 'AP', 'time']
    body = []
    for key, label in FRONT.items():
        row = summary['rows'].get(key)
        if row is None or not row['seeds']:
            body.append([label, 'not trained', '', '', ''])
            continue
        body.append(
            [
                label,
                str(row['input_px']),
                *(f'{100 * row["metrics"][k]["mean"]:.1f}' for k in ('AP_S', 'AP')),
                time_over_lr(row),
            ]
        )
    return rows(header, body) + figure(summary, folder, 'docs/')


def headline_row(row: dict) -> list[str]:
    """Fill the cells of one row of the benchmark, one for each of COLUMNS.

    Args:
        row (dict): A row of summary.json.
    """
    if not row['seeds']:
        return [row['label'], 'not trained', *[''] * (len(COLUMNS) - 2)]
    beside = row.get('over_curve', {}).get('AP_S')
    over = ['', '']
    if beside:
        over[0] = of_seeds(beside['ahead'], row)
        over[1] = of_seeds(beside['time_ratio'], row, 1, '.2f')
    return trained_row(row, *over, time_over_lr(row))


def trained_row(row: dict, *cells: str) -> list[str]:
    """Put cells between what every table says of a row of summary.json."""
    return [
        row['label'],
        str(row['input_px']),
        *(mean_sd(row['metrics'][key]) for key in ('AP_S', 'AP')),
        *cells,
        ' + '.join(map(str, row['epochs'])),
        # One seed of many is another average: say which.
        ', '.join(map(str, row['seeds'])),
    ]


def time_over_lr(row: dict, key: str = 'inference_over_lr') -> str:
    """Write a row's time over that of the LR baseline, a dash where not measured."""
    over_lr = row[key]
    return f'{over_lr:.2f}' if over_lr else '-'


def seeds(count: int) -> str:
    """Write the number of seeds in words."""
    return f'{count} seed{"s" if count > 1 else ""}'


def mean_sd(value: dict, form: str = '.1f') -> str:
    """Write mean ± deviation in per cent; one seed has no deviation."""
    if value['mean'] is None:
        return '-'
    text = f'{100 * value["mean"]:{form}}'
    if value['sd'] is None:
        return text
    return f'{text} ± {100 * value["sd"]:{form.lstrip("+")}}'


def interval(value: dict, scale: float = 100, form: str = '+.1f') -> str:
    """Write a mean and the interval that holds the true one; one seed has none.

    Args:
        value (dict): As of ``report_tables.paired``.
        scale (float): Factor of what is written, 100 for per cent.
        form (str): Format of each number.
    """
    if value['mean'] is None:
        return '-'
    text = f'{scale * value["mean"]:{form}}'
    if value['interval'] is not None:
        low, high = (f'{scale * end:{form}}' for end in value['interval'])
        text += f' ({low} to {high})'
    return text


def one_teacher(conditions: dict) -> list[str]:
    """Say what deviations leave out where all students start from one training."""
    return [
        f'all students start from {Path(name).stem}, so deviations and intervals '
        'are of their trainings alone'
        for name in conditions.get('teacher', ())
    ]


def of_seeds(value: dict, row: dict, scale: float = 100, form: str = '+.1f') -> str:
    """Write :func:`interval`, with the number of seeds where it is less than the row's.

    Args:
        value (dict): As of ``report_tables.paired``.
        row (dict): A row of summary.json.
        scale (float): Factor of what is written, 100 for per cent.
        form (str): Format of each number.
    """
    text, total = interval(value, scale, form), len(row['seeds'])
    if value['n'] in (0, total):
        return text
    return f'{text} ({value["n"]} of {total} seeds)'


def demo_section(result: dict) -> str:
    """Write table and figure of ``make demo``."""
    models = result['results']
    buckets = next(iter(models.values()))['buckets']
    header = ['', 'input (px)', 'AP', *spans(buckets), 'parameters (M)', 'ms / image']
    body = [
        [
            name,
            str(model['input_px']),
            percent(model['metrics']['coco/bbox_mAP']),
            *(percent(bucket['AP']) for bucket in model['buckets']),
            f'{model["params"] / 1e6:.2f}',
            f'{model["ms_per_image"]:.0f}',
        ]
        for name, model in models.items()
    ]
    return (
        f'What `make demo` gave in {result["minutes"]:.1f} minutes '
        f'({result["num_train"]} training images, {conditions(result)}):\n\n'
        f'{rows(header, body)}\n\n'
        '![What the detectors of the demo find and miss](../images/demo.png)'
    )


def render(text: str) -> str:
    """Make the parts of a page between its markers anew."""
    results = [json.loads(path.read_text()) for path in sorted(RESULTS.glob('*.json'))]
    demo = [result for result in results if 'results' in result]
    sections = {}
    for name, folder in BENCHMARKS.items():
        path = RESULTS / 'benchmark' / folder / 'summary.json'
        summary = json.loads(path.read_text()) if path.is_file() else None
        sections[name] = benchmark_section(summary, folder)
        if name == 'benchmark':
            sections['front'] = front_section(summary, folder)
            sections['others'] = others_section(summary, folder)
    if demo:
        sections['demo'] = demo_section(demo[0])
    for name, section in sections.items():
        pattern = rf'(<!-- {name}:begin -->\n).*?(<!-- {name}:end -->)'
        text = re.sub(
            pattern, lambda m, s=section: f'{m[1]}{s}\n{m[2]}', text, flags=re.S
        )
    return text


def main() -> None:
    """Write the pages, or say that one is out of date."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--check', action='store_true', help='write nothing')
    args = parser.parse_args()
    for name in PAGES:
        page = ROOT / name
        old = page.read_text()
        new = render(old)
        if args.check and new != old:
            sys.exit(
                f'{name} is out of date: run tools/analysis_tools/update_readme.py.'
            )
        if not args.check:
            page.write_text(new)


if __name__ == '__main__':
    main()
