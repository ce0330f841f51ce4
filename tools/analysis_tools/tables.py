"""Figures and tables in Markdown, and the files that they stand in."""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
RESULTS = ROOT / 'docs' / 'results'


def markdown_table(header: list[str], body: list[list[str]]) -> str:
    """Write a Markdown table."""
    lines = [header, ['---'] * len(header), *body]
    return '\n'.join(f'| {" | ".join(line)} |' for line in lines)


def time_over_lr(row: dict, key: str = 'inference_over_lr') -> str:
    """Write a row's time over that of the LR baseline, a dash where not measured."""
    over_lr = row[key]
    return f'{over_lr:.2f}' if over_lr else '-'


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


def one_teacher(conditions: dict) -> list[str]:
    """Say what deviations leave out where all students start from one training."""
    return [
        f'all students start from {Path(name).stem}, so deviations and intervals '
        'are of their trainings alone'
        for name in conditions.get('teacher', ())
    ]


def write_files(description: str, render_all: Callable[[], dict[Path, str]]) -> None:
    """Run a tool that writes files, or with ``--check`` names those out of date.

    Args:
        description (str): What the tool does, as its help.
        render_all (Callable): Makes the content of every file, by path.

    Raises:
        SystemExit: With ``--check``, where a file is out of date.
    """
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument('--check', action='store_true', help='write nothing')
    args = parser.parse_args()
    files = render_all()
    old = [p for p, t in files.items() if not p.is_file() or p.read_text() != t]
    if args.check and old:
        names = ', '.join(str(path.relative_to(ROOT)) for path in old)
        tool = Path(sys.argv[0]).name
        sys.exit(f'{names} out of date: run tools/analysis_tools/{tool}.')
    for path in old:
        path.write_text(files[path])
