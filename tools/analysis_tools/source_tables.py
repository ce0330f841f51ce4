"""Write docs/lab_notes/source_tables.md: the source's tables, our configs beside."""

import json
from pathlib import Path

from tables import ROOT, markdown_table, write_files
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
    return f'## {content["title"]}\n\n{markdown_table(header, body)}\n'


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


if __name__ == '__main__':
    tables = json.loads(TABLES.read_text())
    write_files(__doc__, lambda: {PAGE: render(tables, benchmark_trainings())})
