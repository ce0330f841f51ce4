"""Files for other programs: the container, the citation, the changelog."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from mmdet_sodgan.version import __version__

ROOT = Path(__file__).resolve().parents[1]
DOCKERFILE = (ROOT / 'Dockerfile').read_text()
MAKEFILE = (ROOT / 'Makefile').read_text()


def statements(name):
    joined = DOCKERFILE.replace('\\\n', ' ')
    return re.findall(rf'^{name} (.*)$', joined, re.M)


def copied():
    return [path for line in statements('COPY') for path in line.split()[:-1]]


def test_dockerfile_copies_what_there_is_and_keeps_the_paths():
    for line in statements('COPY'):
        *sources, target = line.split()
        assert all((ROOT / source).exists() for source in sources)
        assert target in ('./', f'{sources[0]}/')


def test_dockerfile_copies_what_the_set_up_reads():
    reads = (ROOT / 'tools/setup/make_env.py').read_text()
    parts = re.search(r'PROJECT_PARTS = \((.*?)\)', reads)[1]
    needed = {path.partition('/')[0] for path in re.findall(r"'(.*?)'", parts)}
    needed |= {'Makefile', 'constraints', 'mmdet_sodgan'}
    pyproject = (ROOT / 'pyproject.toml').read_text()
    needed |= set(re.findall(r"^    '/([\w.-]+)',$", pyproject, re.M))
    assert needed == set(copied())


def test_dockerignore_lets_exactly_the_copied_in():
    lines = (ROOT / '.dockerignore').read_text().splitlines()
    allowed = {line[1:] for line in lines if line.startswith('!')}
    assert '*' in lines and allowed == set(copied())


def test_dockerfile_calls_a_target_of_the_makefile_with_its_default():
    (target,) = re.findall(r'^make (\w+)', statements('RUN')[1])
    assert re.search(rf'^{target}:', MAKEFILE, re.M)
    default = re.search(r'^TORCH \?= (.*)$', MAKEFILE, re.M)[1]
    assert f'TORCH={default}' in statements('ARG')
    (path,) = statements('ENV')
    assert '/.venv/bin' in path and re.search(r'^VENV := \.venv$', MAKEFILE, re.M)


def test_dockerfile_installs_what_the_set_up_asks_for():
    asked = (ROOT / 'tools/setup/build_mmcv.py').read_text()
    asked += (ROOT / 'tools/setup/make_env.py').read_text()
    for package in ('g++', 'python3-dev', 'python3-venv'):
        assert package in asked and package in statements('RUN')[0].split()


def test_variables_of_the_container_are_those_of_the_set_up():
    source = (ROOT / 'tools/setup/build_mmcv.py').read_text()
    names = {line.partition('=')[0] for line in statements('ARG')} - {'BASE', 'TORCH'}
    assert names == {'FORCE_CUDA', 'TORCH_CUDA_ARCH_LIST'}
    assert all(f"'{name}'" in source for name in names)


def test_citation_has_the_keys_of_its_format():
    citation = yaml.safe_load((ROOT / 'CITATION.cff').read_text())
    assert citation['cff-version'] == '1.2.0'
    assert citation['version'] == __version__
    assert citation['license'] == 'Apache-2.0' and citation['type'] == 'software'
    assert citation['message'] and citation['title'] == 'mmdet_sodgan'
    for work in (citation, *citation['references']):
        assert work['title'] and work['type'] in ('software', 'slides', 'article')
        assert work['authors']
        for author in work['authors']:
            person = author.keys() == {'family-names', 'given-names'}
            assert person or author.keys() == {'name'}


def test_citation_names_the_works_of_the_readme():
    readme = (ROOT / 'README.md').read_text()
    citation = yaml.safe_load((ROOT / 'CITATION.cff').read_text())
    titles = re.findall(r'title\s+= \{(.*)\},', readme)
    plain = [re.sub('[{}]', '', title) for title in titles]
    assert plain == [work['title'] for work in citation['references']]


def test_changelog_follows_its_form():
    text = (ROOT / 'CHANGELOG.md').read_text()
    assert re.match(r'# Changelog\n', text)
    first, *others = re.findall(r'^## (.*)$', text, re.M)
    assert first == '[Unreleased]'
    assert all(re.fullmatch(r'\[\d+\.\d+\.\d+\] - \d{4}-\d\d-\d\d', x) for x in others)
    kinds = {'Added', 'Changed', 'Deprecated', 'Removed', 'Fixed', 'Security'}
    assert set(re.findall(r'^### (.*)$', text, re.M)) <= kinds


@pytest.mark.parametrize('command', [['check'], ['format', '--check']])
def test_code_is_as_ruff_wants_it(command):
    done = subprocess.run(
        [sys.executable, '-m', 'ruff', *command, ROOT], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
