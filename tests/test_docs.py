"""What the pages say of files of the repository."""

import inspect
import re
from pathlib import Path

import pytest

from mmdet_sodgan.models.detectors import part_checks
from mmdet_sodgan.models.hr_branches import atrous_hr_branch

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
    checks = [part_checks.check_hr_scale, part_checks.check_target_level]
    assert all(f'`{check.__name__}`' in example for check in checks)
    assert '(../../mmdet_sodgan/models/hr_branches/atrous_hr_branch.py)' in example
    sources = [inspect.getsource(x) for x in (atrous_hr_branch, *checks)]
    # With a call and an export of each.
    assert 100 < sum(len(x.splitlines()) + 2 for x in sources) < int(limit)
