"""Write docs/lab_notes/source_tables.md: the source's tables, our configs beside."""

import argparse
import json
import sys
from pathlib import Path

from update_readme import ROOT, rows
from zoo_results import benchmark_trainings

TABLES = ROOT / 'docs/lab_notes/source_tables.json'
PAGE = ROOT / 'docs/lab_notes/source_tables.md'
INTRO = """\
# The tables of the source

Written by `tools/analysis_tools/source_tables.py` from
`docs/lab_notes/source_tables.json`.

Source: {source}. The figures in the columns "reported in the source" are the \
source's own; none of them was measured here. Numbers in brackets are the source's \
references.
"""


def link(path: str) -> str:
    """Write a link from the page to a config."""
    return f'[{Path(path).stem}](../../{path})'


def trained_cell(trained: dict | None) -> str:
    """Write AP of a row's own config and what it depends on."""
    if trained is None:
        return 'not trained'
    return f'AP {trained["figures"]["AP"]} ({trained["conditions"]})'


def table(content: dict, figures: list[str], trained: dict[str, dict]) -> str:
    """Write one table of the source in Markdown, with its heading."""
    header = [
        'method',
        'backbone',
        f'reported in the source: {" / ".join(figures)}',
        'config here',
        'trained here',
        'note',
    ]
    body = [
        [
            row['method'],
            row['backbone'],
            ' / '.join(f'{value:.1f}' for value in row['reported']),
            link(row['config']),
            trained_cell(trained.get(Path(row['config']).name)),
            row.get('note', ''),
        ]
        for row in content['rows']
    ]
    return f'## {content["title"]}\n\n{rows(header, body)}\n'


def render(data: dict, trained: dict[str, dict]) -> str:
    """Write the text of the page.

    Args:
        data (dict): Content of docs/lab_notes/source_tables.json.
        trained (dict[str, dict]): As of :func:`benchmark_trainings`.
    """
    remarks = '\n'.join(f'- {remark}' for remark in data['remarks'])
    parts = [
        INTRO.format(source=data['source']),
        *(table(content, data['figures'], trained) for content in data['tables']),
        f'## Remarks\n\n{remarks}\n',
    ]
    return '\n'.join(parts)


def main() -> None:
    """Write the page, or say that it is out of date."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--check', action='store_true', help='write nothing')
    args = parser.parse_args()
    new = render(json.loads(TABLES.read_text()), benchmark_trainings())
    if args.check and (not PAGE.is_file() or PAGE.read_text() != new):
        sys.exit(
            f'{PAGE.relative_to(ROOT)} is out of date: run '
            'tools/analysis_tools/source_tables.py.'
        )
    if not args.check:
        PAGE.write_text(new)


if __name__ == '__main__':
    main()
