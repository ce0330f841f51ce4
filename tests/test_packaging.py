"""The wheel, and mim on a wheel install and on an editable install."""

import ast
import functools
import json
import os
import shutil
import subprocess
import sys
import sysconfig
import tomllib
import zipfile
from importlib import metadata
from pathlib import Path
from unittest import mock

import pytest
import torch
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from mmdet_sodgan.datasets.synthetic import generate
from mmdet_sodgan.utils import compat
from mmdet_sodgan.version import __version__

ROOT = Path(__file__).resolve().parents[1]
SOURCES = (
    *('configs', 'mmdet_sodgan', 'tools'),
    *('LICENSE', 'README.md', 'model-index.yml', 'pyproject.toml'),
)
CONFIG = 'configs/sodgan/sodgan-faster-rcnn_r50_fpn_1x_coco.py'
SMALL_CONFIG = 'sodgan-faster-rcnn_r18_fpn_small_synthetic.py'


@pytest.fixture(scope='module', autouse=True)
def own_yapf():
    """A new environment has the libraries that it installs, and no stub of ours."""
    with mock.patch.dict(os.environ):
        os.environ.pop('PYTHONPATH', None)
        yield


def run(*command, **kwargs):
    """Run a command, and show what it printed where it fails."""
    done = subprocess.run(
        [str(part) for part in command],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        **kwargs,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


def pip(*args):
    return run(sys.executable, '-m', 'pip', '--disable-pip-version-check', *args)


@pytest.fixture(scope='module')
def repository(tmp_path_factory):
    """A clone as it is before anything is made in it."""
    folder = tmp_path_factory.mktemp('clone')
    for name in SOURCES:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, folder / name)
    for cache in folder.rglob('__pycache__'):
        shutil.rmtree(cache)
    return folder


@pytest.fixture(scope='module')
def wheel(repository, tmp_path_factory):
    folder = tmp_path_factory.mktemp('dist')
    pip(
        *('wheel', '--no-deps', '--no-index', '--no-build-isolation'),
        *('--wheel-dir', folder, repository),
    )
    (path,) = folder.iterdir()
    return path


@pytest.fixture(scope='module')
def install(repository, wheel, tmp_path_factory):
    """Python of a new environment with the project, and the stack of this one.

    Takes how the project is installed, 'wheel' or 'editable'.
    """

    @functools.cache
    def make(kind):
        return make_environment(tmp_path_factory.mktemp(kind), kind, repository, wheel)

    return make


@pytest.fixture(params=['wheel', 'editable'])
def python(request, install):
    """Python of either environment."""
    return install(request.param)


def make_environment(folder, kind, repository, wheel):
    run(sys.executable, '-m', 'venv', '--without-pip', folder)
    path = folder / 'bin' / 'python'
    site = run(path, '-c', 'import sysconfig; print(sysconfig.get_path("purelib"))')
    # Behind the environment's own packages, and without the editable
    # installs of this one: its .pth files are not read.
    Path(site.strip(), 'stack.pth').write_text(sysconfig.get_path('purelib'))
    project = [wheel] if kind == 'wheel' else ['--editable', repository]
    pip(
        *('--python', path, 'install', '--no-deps', '--no-index'),
        *('--no-build-isolation', *project),
    )
    return path


@pytest.fixture
def srun(tmp_path):
    """Environment in which ``srun`` prints its arguments.

    mim gives it the script and the config that it found.
    """
    script = tmp_path / 'bin' / 'srun'
    script.parent.mkdir()
    script.write_text('#!/bin/sh\nprintf "srun %s\\n" "$@"\n')
    script.chmod(0o755)
    return dict(os.environ, PATH=f'{script.parent}{os.pathsep}{os.environ["PATH"]}')


def found_paths(output):
    """Paths of Python files among the arguments that ``srun`` printed."""
    lines = [line for line in output.splitlines() if line.startswith('srun ')]
    return [Path(line[5:]) for line in lines if line.endswith('.py')]


def for_mim():
    """Python files of the repository that mim's users run or read."""
    tools = [*ROOT.glob('tools/dataset_converters/*.py'), *ROOT.glob('tools/t*.py')]
    configs = [
        path for path in ROOT.glob('configs/**/*.py') if 'benchmarks' not in path.parts
    ]
    return {path.relative_to(ROOT).as_posix() for path in (*tools, *configs)}


def test_wheel_holds_the_package_and_what_mim_looks_for(wheel):
    names = set(zipfile.ZipFile(wheel).namelist())
    code = {p.relative_to(ROOT).as_posix() for p in ROOT.glob('mmdet_sodgan/**/*.py')}
    assert {CONFIG, 'tools/train.py', 'tools/test.py'} < for_mim()
    # Of the second, see tools/setup/mim_folders.py.
    roots = ('mmdet_sodgan/.mim', '+mmdet_sodgan/.mim')
    expected = code | {f'{root}/{path}' for root in roots for path in for_mim()}
    assert expected == {name for name in names if name.endswith('.py')}
    assert names >= {f'{root}/model-index.yml' for root in roots}


@pytest.mark.parametrize('python', ['wheel'], indirect=True)
def test_first_file_of_the_record_lies_where_onedl_mim_looks(python):
    root = run(
        python,
        '-c',
        'from importlib import metadata\n'
        'first = metadata.distribution("mmdet_sodgan").files[0]\n'
        'print(first.locate().parents[len(first.parts) - 2])',
    )
    root = Path(root.strip())
    assert (root / '.mim' / 'tools' / 'train.py').is_file()
    assert (root / '.mim' / CONFIG).is_file()


def test_config_elsewhere_inherits_from_the_installed_ones(python, tmp_path):
    # As `sodgan init` writes it.
    base = "__import__('mmdet_sodgan').CONFIGS + '_base_/project/small.py'"
    (tmp_path / 'mine.py').write_text(f'_base_ = {base}\n')
    script = (
        'from mmengine.config import Config as C; print(C.fromfile("mine.py").model)'
    )
    assert "'type': 'FasterRCNN'" in run(python, '-c', script, cwd=tmp_path)


def test_wheel_has_the_version_that_the_package_states(wheel):
    assert wheel.name == f'mmdet_sodgan-{__version__}-py3-none-any.whl'


def undeclared(paths, asked, own):
    """Top-level modules that files import and no requirement provides."""
    names = set()
    for path in paths:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                names |= {alias.name.partition('.')[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.level == 0:
                names.add(node.module.partition('.')[0])
    declared = {canonicalize_name(Requirement(text).name) for text in asked}
    providers = metadata.packages_distributions()
    return {
        name
        for name in names - sys.stdlib_module_names - own
        if not declared & set(map(canonicalize_name, providers[name]))
    }


def requirements(all_extras):
    """What the project asks for with the stack's extra, or with all."""
    project = tomllib.loads((ROOT / 'pyproject.toml').read_text())['project']
    stack = compat.stack_name()
    asked = list(project['dependencies'])
    for name, texts in project['optional-dependencies'].items():
        asked += texts if all_extras or name == stack else ()
    for part, *_ in compat.SUPPORTED[stack]:
        asked += [text for text in metadata.requires(part) if 'opencv' in text]
    return asked


def test_all_that_the_wheel_imports_is_declared():
    tools = [ROOT / path for path in for_mim() if path.startswith('tools')]
    paths = [*ROOT.glob('mmdet_sodgan/**/*.py'), *tools]
    # Other extras are asked for where they are used, in one sentence.
    asked = requirements(all_extras=False)
    assert undeclared(paths, asked, {'mmdet_sodgan'}) == set()


def test_all_that_the_tools_import_is_declared():
    paths = list(ROOT.glob('tools/**/*.py'))
    own = {'mmdet_sodgan', 'tools', *(path.stem for path in paths)}
    assert undeclared(paths, requirements(all_extras=True), own) == set()


def test_opencv_is_left_to_the_stack():
    # Its two distributions side by side overwrite each other's files.
    project = tomllib.loads((ROOT / 'pyproject.toml').read_text())['project']
    assert not [text for text in project['dependencies'] if 'opencv' in text]


def test_package_has_no_tools_of_its_own():
    # mim test would take them for the scripts.
    assert not (ROOT / 'mmdet_sodgan' / 'tools').exists()


# Every pair of two choices is in one of them.
@pytest.mark.slow
@pytest.mark.parametrize(
    'python, command, place, name',
    [
        ('wheel', 'train', 'inside', 'bare'),
        ('wheel', 'test', 'outside', 'path'),
        ('editable', 'train', 'outside', 'path'),
        ('editable', 'test', 'inside', 'path'),
        ('editable', 'test', 'outside', 'bare'),
    ],
    indirect=['python'],
)
def test_mim_finds_script_and_config(
    python, repository, srun, tmp_path, command, place, name
):
    inside = place == 'inside'
    if name == 'bare':
        config = Path(CONFIG).name
    else:
        config = CONFIG if inside else repository / CONFIG
    checkpoint = ['--checkpoint', 'x.pth'] if command == 'test' else []
    output = run(
        *(python, '-m', 'mim', command, 'mmdet_sodgan', config, *checkpoint),
        *('--launcher', 'slurm', '--partition', 'p', '--gpus', 1),
        *('--gpus-per-node', 1, '--srun-args', '--export=ALL'),
        env=srun,
        cwd=repository if inside else tmp_path,
    )
    script, found = found_paths(output)
    base = repository if inside else tmp_path
    assert script.read_text() == (ROOT / 'tools' / f'{command}.py').read_text()
    assert (base / found).read_text() == (ROOT / CONFIG).read_text()


@pytest.mark.slow
def test_mim_search_lists_every_config(python, tmp_path):
    run(
        *(python, '-m', 'mim', 'search', 'mmdet_sodgan', '--to-dict'),
        *('--json', tmp_path / 'found.json'),
        cwd=tmp_path,
    )
    found = json.loads((tmp_path / 'found.json').read_text())
    paths = {
        path.relative_to(ROOT).as_posix()
        for path in ROOT.glob('configs/*/*.py')
        if path.parent.name not in ('_base_', 'benchmarks')
    }
    assert CONFIG in paths and set(found['config'].values()) == paths
    assert found['config'].keys() == {Path(path).stem for path in paths}


@pytest.mark.slow
def test_mim_run_finds_a_tool(python, tmp_path):
    done = subprocess.run(
        [
            python,
            '-m',
            'mim',
            'run',
            'mmdet_sodgan',
            'test',
            'x.py',
            'x.pth',
            '--out=x',
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert '--out is x, must end with .pkl' in done.stderr  # so the tool says


@pytest.mark.slow
def test_train_help_lets_mim_choose_the_launcher():
    # With --gpus in it, mim would pass --device, which there is not.
    assert '--gpus' not in run(sys.executable, ROOT / 'tools' / 'train.py', '--help')


@pytest.fixture
def folder(tmp_path):
    """Outside of the repository, with a synthetic set where the config looks."""
    generate(tmp_path / 'data' / 'synthetic', num_train=8, num_val=4)
    return tmp_path


def mim_train(python, folder, epochs, *options):
    """Train the project's own detector, named as ``mim`` finds it.

    Returns:
        str: What was printed.
    """
    return run(
        *(python, '-m', 'mim', 'train', 'mmdet_sodgan', SMALL_CONFIG, *options),
        *('--cfg-options', f'train_cfg.max_epochs={epochs}'),
        'default_hooks.logger.interval=1',
        # With D, which the config leaves out.
        *(f'model.composite_loss.{x}.loss_weight=0.01' for x in ('adv', 'cls', 'reg')),
        cwd=folder,
    )


def logged_steps(work_dir):
    """(epoch, iteration) of each training step of the newest log."""
    log = max(work_dir.glob('*/vis_data/scalars.json'))
    steps = [json.loads(line) for line in log.read_text().splitlines()]
    return [(step['epoch'], step['iter']) for step in steps if 'loss_rpn_cls' in step]


@pytest.mark.slow
def test_mim_trains_resumes_and_tests_sodgan(install, folder):
    work_dir = folder / 'work_dirs' / Path(SMALL_CONFIG).stem
    mim_train(install('wheel'), folder, 1)
    assert logged_steps(work_dir) == [(1, 1), (1, 2)]
    weights = torch.load(work_dir / 'epoch_1.pth', weights_only=True)['state_dict']
    assert any(name.startswith('discriminator.') for name in weights)
    # One installation goes on with what the other has begun.
    resumed = mim_train(install('editable'), folder, 2, '--resume')
    assert 'for 2 epochs, from iteration 3 on' in resumed
    assert logged_steps(work_dir) == [(2, 3), (2, 4)]

    checkpoint = work_dir / 'epoch_2.pth'
    output = run(
        *(install('wheel'), '-m', 'mim', 'test', 'mmdet_sodgan', SMALL_CONFIG),
        *('--checkpoint', checkpoint, '--work-dir', folder / 'test'),
        cwd=folder,
    )
    assert 'Testing SODGAN on 4 images.' in output
    # MMEngine's own log goes to its file.
    (log,) = (folder / 'test').glob('*/*.log')
    assert f'Load checkpoint from {checkpoint}' in log.read_text()
    (report,) = (folder / 'test').glob('*/bbox_size.json')
    annotations = folder / 'data' / 'synthetic' / 'annotations' / 'val.json'
    objects = json.loads(annotations.read_text())['annotations']
    report = json.loads(report.read_text())
    assert report['num_gt'] == len(objects) > 0
    assert sum(bucket['num_gt'] for bucket in report['buckets']) > 0
