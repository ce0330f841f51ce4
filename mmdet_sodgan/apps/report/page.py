from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from ...evaluation.metrics.size_report import plot_ap_by_size
from ...utils.extras import require
from ...version import __version__
from .configuration import differences
from .curves import draw_curves, to_data_address
from .errors import TYPES
from .images import COLOURS, DEFINITION
from .side_by_side import pair_pictures
from .summary import Summary

TEMPLATE = 'page.html.jinja'


def render_page(summaries: list[Summary], score_thr: float = 0.3) -> str:
    """Write the page of one run, or of one compared with another.

    Args:
        summaries (list[Summary]): One or two, the run itself first.
        score_thr (float): Confidence that stands in the definition of the scores.

    Returns:
        str: HTML that needs no other file and no network.

    Raises:
        SystemExit: jinja2 is not installed.
    """
    jinja2 = require('jinja2', 'report')
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        # Names of classes and files come from outside.
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters['percent'] = _percent
    runs = [summary.run for summary in summaries]
    size_picture, size_note = _draw_sizes(summaries)
    return environment.get_template(TEMPLATE).render(
        summaries=summaries,
        names=_names(summaries),
        curves=draw_curves(runs),
        size_picture=size_picture,
        size_note=size_note,
        changes=differences(*(run.config for run in runs)) if len(runs) > 1 else [],
        pairs=pair_sizes(*summaries) if len(summaries) > 1 else [],
        pictures=pair_pictures(*summaries) if len(summaries) > 1 else [],
        fact_names=_union(summary.facts for summary in summaries),
        time_names=_union(summary.times for summary in summaries),
        error_types=TYPES,
        definition=DEFINITION.format(score_thr=score_thr),
        colours={name: '#{:02x}{:02x}{:02x}'.format(*c) for name, c in COLOURS.items()},
        version=__version__,
        date=f'{datetime.now():%Y-%m-%d %H:%M}',
    )


def _names(summaries: list[Summary]) -> list[str]:
    """Name the folders, by their whole paths where the names are the same."""
    names = [summary.run.name for summary in summaries]
    if len(set(names)) < len(names):
        return [str(summary.run.path) for summary in summaries]
    return names


def _union(dicts: Iterable[dict]) -> list[str]:
    """Join the keys of all, in order."""
    return list(dict.fromkeys(key for each in dicts for key in each))


def _draw_sizes(summaries: list[Summary]) -> tuple[str | None, str | None]:
    """Draw AP by size, and say why two runs are not in one picture."""
    drawn = {
        name: dict(buckets=summary.sizes)
        for name, summary in zip(_names(summaries), summaries, strict=True)
        if summary.sizes
    }
    if not drawn:
        return None, None
    note = None
    try:
        figure = plot_ap_by_size(drawn)
    except ValueError:
        note = (
            'The two runs were scored on different objects or in different ranges of '
            'size, so only the first is drawn.'
        )
        figure = plot_ap_by_size(dict([next(iter(drawn.items()))]))
    figure.set_figheight(3.6)
    return to_data_address(figure), note


def pair_sizes(first: Summary, second: Summary) -> list[tuple[str, int, float, float]]:
    """Pair AP of two runs at the sizes where both have the same objects.

    Args:
        first (Summary): A run.
        second (Summary): Another.

    Returns:
        list[tuple[str, int, float, float]]: Range of sides, number of objects, AP of
        the first and of the second in [0, 1], or -1 without objects.
    """
    one, two = ({e['name']: e for e in s.sizes} for s in (first, second))
    return [
        (
            'all' if name == 'all' else entry['label'],
            entry['num_gt'],
            entry['AP'],
            two[name]['AP'],
        )
        for name, entry in one.items()
        if name in two and entry['num_gt'] == two[name]['num_gt']
    ]


def _percent(value: float) -> str:
    """Write AP in per cent, and a dash for pycocotools' -1."""
    return '–' if value < 0 else f'{100 * value:.1f}'
