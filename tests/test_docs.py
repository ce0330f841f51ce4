"""What the pages say of files of the repository."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted(
    [ROOT / 'README.md', *ROOT.glob('docs/*.md'), *ROOT.glob('configs/*/README.md')]
)
HOW_TO = ROOT / 'docs' / 'add_a_method.md'


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
    names = set(re.findall(r'\]\((\.\./[^)]+\.py)\)', example))
    files = [HOW_TO.parent / name for name in names]
    assert len(files) == 3
    assert sum(len(path.read_text().splitlines()) for path in files) < int(limit)
