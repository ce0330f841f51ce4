"""The Markdown page of a benchmark."""

from collections.abc import Callable, Mapping

from .report_summary import COMPARED, HEADLINE, METRICS


def percent(value: Mapping, form: str = '.1f') -> str:
    """Mean ± deviation in per cent; '-' where nothing was measured."""
    if value['mean'] is None:
        return '-'
    text = f'{100 * value["mean"]:{form}}'
    if value['sd'] is None:
        return text
    return f'{text} ± {100 * value["sd"]:{form.lstrip("+")}}'


def difference(value: Mapping | None, row: Mapping) -> str:
    """A paired difference in points of AP and in units of its deviation."""
    if value is None:
        return '-'
    in_sd = '' if value['in_sd'] is None else f' ({value["in_sd"]:+.1f} sd)'
    return percent(value, '+.1f') + in_sd + fewer(value, row)


def fewer(value: Mapping, row: Mapping) -> str:
    """Tell that a figure is not of all seeds of its row."""
    if value['n'] in (0, len(row['seeds'])):
        return ''
    return f' ({value["n"]} of {len(row["seeds"])} seeds)'


def markdown(summary: Mapping, figures: Mapping[str, str]) -> str:
    """Lay the page out, with files of docs/images by caption."""
    name, preset = summary['benchmark'], summary['preset']
    parts = [
        f'# Benchmark {name}, preset {preset}',
        f'Written by `python -m tools.benchmark.run {name} --preset {preset}` from the '
        f'result files in `docs/results/benchmark/{name}_{preset}/`.',
        conditions(summary),
        'AP in per cent, mean ± standard deviation over seeds (ddof = 1; none for '
        'one seed). AP_S and AP_M are those of COCO, sizes in px of the original '
        'image. Gap recovered: (AP − that of the LR baseline) / (AP of the oracle − '
        'that of the LR baseline), seed by seed, for seeds whose oracle is ahead. '
        'Epochs: those of the weights that a row starts from + its own.',
        main_table(summary['rows']),
        '## AP by object size',
        size_table(summary['rows']),
        '## Paired differences',
        'In points of AP, same seeds; in brackets, the mean in units of the '
        'standard deviation of the differences.',
        difference_table(summary['rows']),
        '## Figures',
        *(f'![{caption}](../images/{file})' for caption, file in figures.items()),
    ]
    return '\n\n'.join(parts) + '\n'


def conditions(summary: Mapping) -> str:
    """What the figures depend on, as a list."""
    values = {k: ', '.join(map(str, v)) for k, v in summary['conditions'].items()}
    lines = [
        f'images: {values["train_annotations"]} for training, '
        f'{values["test_annotations"]} for testing, loaded at {values["loaded_px"]} px',
        f'training: batch {values["batch_size"]}, seeds {values["seed"]}',
        f'made on {"; ".join(summary["conditions"]["hardware"])}, '
        f'torch {values["torch"]}, commit {commits(summary)}',
        's / iteration: median of the run, whatever else the machine did and with '
        'whichever number of threads; costs are compared in [speed.md](speed.md)',
    ]
    if (inference := summary['inference']) is not None:
        width, height = inference['input']
        precision = 'bfloat16' if inference['bf16'] else 'float32'
        lines.append(
            f'ms / image: median, LR image of {width} x {height} px, batch 1, '
            f'{precision}, {inference["hardware"]}, commit {inference["commit"]}'
        )
    return '\n'.join(f'- {line}' for line in lines)


def commits(summary: Mapping) -> str:
    """The commit of all results, or each with the rows that it has a part in."""
    found = summary['conditions']['commit']
    if len(found) == 1:
        return str(found[0])
    rows = summary['rows'].items()
    return ', '.join(
        f'{commit} ({", ".join(k for k, r in rows if commit in r.get("commits", ()))})'
        for commit in found
    )


def main_table(rows: Mapping[str, Mapping]) -> str:
    """All figures of all rows."""
    header = ['row', 'seeds', 'epochs', 'input (px)', *METRICS]
    header += [f'gap in {name} recovered (%)' for name in HEADLINE]
    header += ['training params (M)', 's / iteration', 'ms / image']

    def cells(row: Mapping) -> list[str]:
        time, gaps = row['inference_ms'], [row['gap_recovered'][n] for n in HEADLINE]
        return [
            str(len(row['seeds'])),
            ' + '.join(map(str, row['epochs'])),
            str(row['input_px']),
            *(percent(row['metrics'][name]) for name in METRICS),
            *(percent(gap, '.0f') + fewer(gap, row) for gap in gaps),
            f'{row["parameters"] / 1e6:.1f}',
            f'{row["iteration_seconds"]:.2f}',
            'not measured' if time is None else f'{time:.1f}',
        ]

    return _table(header, rows, cells)


def size_table(rows: Mapping[str, Mapping]) -> str:
    """AP by size bucket, with the number of objects in the header."""
    buckets = next(row['buckets'] for row in rows.values() if row['seeds'])
    header = ['row']
    for bucket in buckets:
        low, high = bucket['sides']
        header.append(f'{low:.0f}–{high:.0f} px ({bucket["num_gt"]} objects)')
    return _table(header, rows, lambda row: [percent(b) for b in row['buckets']])


def difference_table(rows: Mapping[str, Mapping]) -> str:
    """Each row minus those that others are read by."""
    columns = [(other, name) for other in COMPARED for name in HEADLINE]
    header = ['row', *(f'{name} minus {other}' for other, name in columns)]

    def cells(row: Mapping) -> list[str]:
        found = (row.get(f'minus_{other}', {}).get(name) for other, name in columns)
        return [difference(value, row) for value in found]

    return _table(header, rows, cells)


def _table(
    header: list[str],
    rows: Mapping[str, Mapping],
    cells: Callable[[Mapping], list[str]],
) -> str:
    """A Markdown table with a line a row, the untrained ones included."""
    lines = [header, ['---'] * len(header)]
    for row in rows.values():
        empty = ['not trained', *[''] * (len(header) - 2)]
        lines.append([row['label'], *(cells(row) if row['seeds'] else empty)])
    return '\n'.join(f'| {" | ".join(line)} |' for line in lines)
