"""What the pages say of files of the repository."""

import inspect
import re
from pathlib import Path

import pytest

from mmdet_sodgan.models.teachers import atrous_teacher

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted(
    [*ROOT.glob('*.md'), *ROOT.glob('docs/**/*.md'), *ROOT.glob('configs/*/README.md')]
)
HOW_TO = ROOT / 'docs/how_it_works/add_a_method.md'


def links(page):
    """Files that a page links to, as paths."""
    found = re.findall(r'\]\(([^)#\s]+)(?:#[^)]*)?\)', page.read_text())
    return [page.parent / link for link in found if '://' not in link]


@pytest.mark.parametrize('page', PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_links_lead_to_files(page):
    assert not [str(path) for path in links(page) if not path.exists()]


def test_method_of_the_how_to_takes_fewer_lines_than_it_says():
    text = HOW_TO.read_text()
    (limit,) = re.findall(r'fewer than (\d+) lines', text)
    example = text.split('## An example')[1].split('## Step by step')[0]
    assert '(../../mmdet_sodgan/models/teachers/atrous_teacher.py)' in example
    lines = len(inspect.getsource(atrous_teacher).splitlines())
    # A limit that says something.
    assert int(limit) - 20 < lines < int(limit)
