"""Write the figures of README and results page from the JSON files in docs/results."""

import json
import re

from tables import (
    RESULTS,
    ROOT,
    interval,
    markdown_table,
    mean_sd,
    of_seeds,
    one_teacher,
    time_over_lr,
    write_files,
)

#: Pages with marked parts.
PAGES = ('README.md', 'docs/lab_notes/results.md')
#: Rows of the README, in the words of somebody who has not read the rest.
FRONT = {
    'lr-started': 'plain detector',
    'resized-1.25': 'plain detector, input enlarged 1.25 times',
    'control': "SODGAN's network, trained as the plain detector is",
    'sodgan': '**SODGAN**',
    'resized-1.5': 'plain detector, input enlarged 1.5 times',
    'resized-1.75': 'plain detector, input enlarged 1.75 times',
    'oracle': 'plain detector on full-resolution images',
}
#: Rows that differ from SODGAN in its discriminator alone.
FORMS_OF_D = ('without-d', 'with-d')
HEADLINE = (
    *('lr-started', 'distilled', 'resized-1.25', 'resized-1.25-supervised'),
    *('resized-1.5', 'resized-1.75', 'control', 'sodgan', *FORMS_OF_D, 'oracle'),
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


def page_name(summary: dict) -> str:
    """Name a benchmark's page, with which the names of its pictures begin."""
    return f'benchmark_{summary["benchmark"]}_{summary["preset"]}'


def benchmark_section(summary: dict) -> str:
    """Write what a benchmark's summary.json gave, whoever is ahead, and its figure."""
    made = {key: ', '.join(map(str, v)) for key, v in summary['conditions'].items()}
    measured = ''
    if summary['inference'] is not None:
        measured = f'; inference on {summary["inference"]["hardware"]}, batch 1'
    text = (
        f'[Benchmark {summary["benchmark"]}]({page_name(summary)}.md), annotations '
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
    text += markdown_table(list(COLUMNS), [headline_row(row) for row in named])
    control = summary['rows'].get('sodgan', {}).get('minus_control')
    if control and control['AP_S']['mean'] is not None:
        count = control['AP_S']['n']
        label = summary['rows']['control']['label']
        text += (
            f'\n\n{summary["rows"]["sodgan"]["label"]} minus {label}, paired by seed: '
            f'{interval(control["AP_S"])} AP_S, {interval(control["AP"])} AP '
            f'({count} seed{"s" if count > 1 else ""}).'
        )
    return text + figure(summary, '../')


def figure(summary: dict, docs: str, others: bool = False) -> str:
    """Write the picture of AP against time, where times were measured."""
    drawn = [r for r in summary['rows'].values() if r['seeds'] and r['other'] >= others]
    if not any(row['inference_ms'] for row in drawn):
        return ''
    name = 'pareto_others' if others else 'pareto'
    picture = f'{docs}images/{page_name(summary)}_{name}.png'
    return f'\n\n![AP of small objects against inference time]({picture})'


def others_section(summary: dict) -> str:
    """Write what other methods and detectors gave, best first, and their figure."""
    named = [
        row
        for key, row in summary['rows'].items()
        if row['seeds'] and (row['other'] or key in HEADLINE and key not in FORMS_OF_D)
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
    text = markdown_table(
        [*header, 'time / LR', 'in onnxruntime', 'epochs', 'seeds'], body
    )
    text += '\n\nAP minus SODGAN: of the same seeds'
    if (cost := summary['inference']) is not None:
        text += (
            f'. Times: batch 1, {cost["hardware"]}, onnxruntime with '
            f'{cost["onnx_threads"]} threads, each over that of the LR baseline in the '
            'same runtime; a dash where there is no export or no measurement'
        )
    return f'{text}.{figure(summary, "../", others=True)}'


def front_section(summary: dict) -> str:
    """Write the figure and the few rows that a newcomer compares."""
    header = ['', 'input (px)', 'AP of small objects', 'AP', 'time', 'trainings']
    body = []
    for key, label in FRONT.items():
        row = summary['rows'].get(key)
        if row is None or not row['seeds']:
            body.append([label, 'not trained', '', '', '', ''])
            continue
        body.append(
            [
                label,
                str(row['input_px']),
                *(f'{100 * row["metrics"][k]["mean"]:.1f}' for k in ('AP_S', 'AP')),
                time_over_lr(row),
                str(len(row['seeds'])),
            ]
        )
    return markdown_table(header, body) + figure(summary, 'docs/')


def headline_row(row: dict) -> list[str]:
    """Fill the cells of one row of summary.json, one for each of COLUMNS."""
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


def demo_section(result: dict) -> str:
    """Write table and figure of ``make demo``."""
    models = result['results']
    buckets = next(iter(models.values()))['buckets']
    spans = [f'AP {b["sides"][0]:.0f}–{b["sides"][1]:.0f} px' for b in buckets]
    header = ['', 'input (px)', 'AP', *spans, 'parameters (M)', 'ms / image']
    body = [
        [
            name,
            str(model['input_px']),
            f'{100 * model["metrics"]["coco/bbox_mAP"]:.1f}',
            # -1 says that there is no object of the size.
            *(
                f'{100 * bucket["AP"]:.1f}' if bucket['AP'] >= 0 else '-'
                for bucket in model['buckets']
            ),
            f'{model["params"] / 1e6:.2f}',
            f'{model["ms_per_image"]:.0f}',
        ]
        for name, model in models.items()
    ]
    return (
        f'What `make demo` gave in {result["minutes"]:.1f} minutes '
        f'({result["num_train"]} training images, seed {result["seed"]}, commit '
        f'{result["commit"]}, {result["hardware"]}, torch {result["torch"]}):\n\n'
        f'{markdown_table(header, body)}\n\n'
        '![What the detectors of the demo find and miss](../images/demo.png)'
    )


DEEPPCB = 'benchmark/deeppcb-160_r18_cpu-12e-avg/summary.json'
HIT_UAV = 'benchmark/hit-uav_mobilenetv2_cpu-12e-avg/summary.json'
#: By marker what writes the part, and the result file of which.
PARTS = dict(
    front=(front_section, DEEPPCB),
    benchmark=(benchmark_section, DEEPPCB),
    others=(others_section, DEEPPCB),
    hituav=(benchmark_section, HIT_UAV),
    demo=(demo_section, 'demo.json'),
)


def render(text: str) -> str:
    """Make the parts of a page between its markers anew."""

    def write(old: re.Match) -> str:
        section, file = PARTS[old[2]]
        return f'{old[1]}{section(json.loads((RESULTS / file).read_text()))}\n{old[3]}'

    pattern = r'(<!-- (\w+):begin -->\n).*?(<!-- \2:end -->)'
    return re.sub(pattern, write, text, flags=re.S)


if __name__ == '__main__':
    pages = [ROOT / name for name in PAGES]
    write_files(__doc__, lambda: {page: render(page.read_text()) for page in pages})
