"""The pages as a site: complete, without a fault, and without a network."""

import ast
import importlib
import inspect
import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest
from mmdet import registry

ROOT = Path(__file__).resolve().parents[1]
#: Elements that make a browser load something, and the attribute that says what.
LOADING = dict(script='src', link='href', img='src', iframe='src', source='src')


@pytest.fixture(scope='module')
def site(tmp_path_factory):
    """The site, built as `make docs` does, where a warning is an error."""
    folder = tmp_path_factory.mktemp('site')
    run_mkdocs(ROOT / 'mkdocs.yml', folder)
    return folder


def run_mkdocs(settings, folder):
    done = subprocess.run(
        [
            # Not --quiet, which would keep warnings from being counted.
            *(sys.executable, '-m', 'mkdocs', 'build', '--strict'),
            *('--config-file', settings, '--site-dir', folder),
        ],
        capture_output=True,
        text=True,
        env=os.environ | dict(NO_MKDOCS_2_WARNING='1'),
    )
    assert done.returncode == 0, done.stderr
    return done.stderr


@pytest.fixture
def site_module(monkeypatch):
    """Imports a module of docs/_site."""
    monkeypatch.syspath_prepend(ROOT / 'docs' / '_site')
    return importlib.import_module


class Page(HTMLParser):
    """What a page loads, links to and can be linked to by."""

    def __init__(self, path):
        super().__init__()
        self.loads, self.links, self.anchors = [], [], set()
        self.feed(path.read_text())

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        if value := attrs.get(LOADING.get(tag)):
            self.loads.append(value)
        if tag == 'a' and attrs.get('href'):
            self.links.append(attrs['href'])
        if 'id' in attrs:
            self.anchors.add(attrs['id'])


def test_nothing_is_loaded_from_a_network(site):
    for path in site.rglob('*.html'):
        outside = [load for load in Page(path).loads if '//' in load]
        assert not outside, f'{path.name} loads {outside}'
    for path in site.rglob('*.css'):
        assert not re.search(r'(url\(|@import )["\']?(https?:)?//', path.read_text())


def test_every_link_and_anchor_of_the_site_leads_somewhere(site):
    pages = {path: Page(path) for path in site.rglob('*.html') if path.stem != '404'}
    broken, seen = [], 0
    for path, page in pages.items():
        for link in page.links:
            file, _, anchor = link.partition('#')
            if re.match(r'[a-z]+:', link):
                continue
            target = (path.parent / file).resolve() if file else path
            if target.is_dir():
                target /= 'index.html'
            seen += 1
            known = pages[target].anchors if target in pages else set()
            if not target.is_file() or (anchor and anchor not in known):
                broken.append((path.relative_to(site).as_posix(), link))
    assert seen > 1000 and not broken


def test_every_page_of_the_repository_is_on_the_site_and_in_its_navigation(site):
    start = {
        (site / link.partition('#')[0]).resolve()
        for link in Page(site / 'index.html').links
    }
    pages = [*ROOT.glob('docs/**/*.md'), *ROOT.glob('configs/*/README.md')]
    for page in pages:
        path = page.relative_to(ROOT).as_posix().removeprefix('docs/')
        html = re.sub(r'README\.md$', 'index.html', path).replace('.md', '.html')
        assert site / html in start, f'{path} is not in the navigation'


def test_equations_are_mathml_and_flow_charts_pictures(site):
    html = (site / 'how_it_works/losses.html').read_text()
    sources = re.sub(
        r'```.*?```', '', (ROOT / 'docs/how_it_works/losses.md').read_text(), flags=re.S
    )
    assert html.count('display="block"') == len(re.findall(r'^\$\$', sources, re.M)) > 5
    assert 'arithmatex' not in html and r'\frac' not in html
    html = (site / 'configs/sodgan/index.html').read_text()
    assert 'images/flowcharts/' in html and 'flowchart LR' not in html


def test_changed_flow_chart_without_a_picture_is_warned_of(site_module, tmp_path):
    flowcharts = site_module('flowcharts')
    chart, warnings = 'flowchart LR\n    A --> B\n', []

    def convert():
        text = f'```mermaid\n{chart}```'
        return flowcharts.use_pictures(text, tmp_path, str, warnings.append)

    convert()
    assert len(warnings) == 1 and 'draw it with' in warnings[0]
    (tmp_path / flowcharts.FOLDER).mkdir(parents=True)
    (tmp_path / flowcharts.FOLDER / flowcharts.picture_name(chart)).touch()
    assert flowcharts.picture_name(chart) in convert() and len(warnings) == 1


def test_no_picture_of_a_flow_chart_is_left_over(site_module):
    flowcharts = site_module('flowcharts')
    patterns = ('README.md', 'docs/**/*.md', 'configs/*/*.md')
    pages = (page for pattern in patterns for page in ROOT.glob(pattern))
    texts = (page.read_text() for page in pages)
    names = {
        flowcharts.picture_name(code)
        for text in texts
        for code in flowcharts.BLOCK.findall(text)
    }
    assert names == {path.name for path in ROOT.glob('docs/images/flowcharts/*')}


def registered():
    """Every class of the package in a registry of mmdet."""
    return {
        module
        for entry in vars(registry).values()
        if isinstance(entry, registry.Registry)
        for module in entry.module_dict.values()
        if module.__module__.startswith('mmdet_sodgan.')
    }


def test_reference_has_every_registered_class(site):
    pages = '\n'.join(p.read_text() for p in site.glob('reference/*.html'))
    found = set(re.findall(r'<h2 id="(mmdet_sodgan\.[\w.]+)"', pages))
    assert found == {f'{c.__module__}.{c.__qualname__}' for c in registered()}
    assert len(found) > 40


@pytest.mark.parametrize('cls', sorted(registered(), key=str), ids=lambda c: c.__name__)
def test_docstring_names_every_argument(cls):
    if '__init__' not in vars(cls):
        return  # those of the base
    documented = inspect.getdoc(cls)
    for name, parameter in inspect.signature(cls.__init__).parameters.items():
        # *args and **kwargs are the base's; some say so in a sentence.
        if name != 'self' and parameter.kind is parameter.POSITIONAL_OR_KEYWORD:
            pattern = rf'^    (\w+, )*{name}(, \w+)* ?[(:]'
            assert re.search(pattern, documented, re.M), f'{name} is not in Args'


def test_pages_are_made_without_importing_the_stack():
    modules = set()
    for path in (ROOT / 'docs' / '_site').glob('*.py'):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                modules |= {alias.name.partition('.')[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                modules.add(node.module.partition('.')[0])
    assert not modules & {'torch', 'mmdet', 'mmengine', 'mmcv', 'mmdet_sodgan'}
    assert 'allow_inspection: false' in (ROOT / 'mkdocs.yml').read_text()
