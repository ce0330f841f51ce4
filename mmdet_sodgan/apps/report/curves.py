"""Training curves as pictures that stand in the page."""

import base64
import io
from collections.abc import Sequence

from matplotlib import rc_context
from matplotlib.figure import Figure

from .work_dir import WorkDir

#: Title -> terms, by name or beginning of the name, in the order of the report.
#: A term is drawn in the first chart that names it.
CHARTS = {
    'total loss': ('loss$',),
    "D's loss": ('loss_d_',),
    'adversarial terms of G': ('loss_g_',),
    'reconstruction': ('loss_mse$', 'loss_tv$', 'loss_align$'),
    'detection losses': ('loss', 's0.loss', 's1.loss', 's2.loss'),
    "D's mean output": ('d_real$', 'd_fake$'),
    'gradient norm': ('grad_norm',),
    'learning rate': ('lr$', 'base_lr$', 'generator.lr$', 'discriminator.lr$'),
}
STYLES = ('-', '--')


def draw_curves(runs: Sequence[WorkDir]) -> list[tuple[str, str]]:
    """Draw what the logs of one or two runs hold.

    Args:
        runs (Sequence[WorkDir]): The second is drawn with dashes.

    Returns:
        list[tuple[str, str]]: Title and picture, as ``data:`` address of an SVG, of
        each chart that has anything to show.
    """
    charts, taken = [], set()
    logs = [run.steps for run in runs]
    for title, patterns in CHARTS.items():
        found = [name for name in _names(logs) if _matches(name, patterns)]
        names = [name for name in found if name not in taken]
        taken.update(names)
        if names:
            charts.append((title, _chart(runs, logs, names, 'iteration')))
    logs = [run.validations for run in runs]
    names = [name for name in _names(logs) if _is_overall_ap(name)]
    if names:
        # mmengine counts validations in epochs, if training does.
        unit = (
            'epoch' if runs[0].config.train_cfg.get('by_epoch', True) else 'iteration'
        )
        charts.insert(0, ('validation AP', _chart(runs, logs, names, unit)))
    return charts


def to_data_address(figure: Figure) -> str:
    """Turn a figure into the ``data:`` address of an SVG."""
    buffer = io.BytesIO()
    # The same figure gives the same file, and text stays text.
    with rc_context({'svg.fonttype': 'none', 'svg.hashsalt': 'report'}):
        figure.savefig(buffer, format='svg', metadata={'Date': None})
    return 'data:image/svg+xml;base64,' + base64.b64encode(buffer.getvalue()).decode()


def _names(logs: Sequence[list[dict]]) -> list[str]:
    """List the names of the numbers, in the order of the logs."""
    names = dict.fromkeys(name for rows in logs for row in rows for name in row)
    return [
        name
        for name in names
        if any(isinstance(row.get(name), float | int) for rows in logs for row in rows)
    ]


def _matches(name: str, patterns: Sequence[str]) -> bool:
    return any(
        name == p[:-1] if p.endswith('$') else name.startswith(p) for p in patterns
    )


def _is_overall_ap(name: str) -> bool:
    ends = ('_mAP', '_mAP_50', '_mAP_75', '_mAP_s', '_mAP_m', '_mAP_l')
    return name.endswith(ends)


def _chart(
    runs: Sequence[WorkDir],
    logs: Sequence[list[dict]],
    names: Sequence[str],
    unit: str,
) -> str:
    figure = Figure(figsize=(5.4, 3.1), layout='constrained')
    axes = figure.subplots()
    for run, rows, style in zip(runs, logs, STYLES, strict=False):
        for index, name in enumerate(names):
            points = [
                (row['step'], row[name])
                for row in rows
                # An AP of -1 stands for one without any object.
                if name in row and not (_is_overall_ap(name) and row[name] < 0)
            ]
            if points:
                label = name.removeprefix('coco/')
                label = label if len(runs) == 1 else f'{label}, {run.name}'
                # A leading underscore would hide it from the legend.
                label = label.lstrip('_').replace('$', r'\$')
                marker = 'o' if len(points) < 30 else None
                axes.plot(
                    *zip(*points, strict=True),
                    style,
                    color=f'C{index % 10}',
                    label=label,
                    marker=marker,
                    markersize=3,
                    linewidth=1.4,
                )
    axes.set_xlabel(unit)
    axes.grid(alpha=0.3)
    axes.legend(fontsize='x-small', framealpha=0.6)
    return to_data_address(figure)
