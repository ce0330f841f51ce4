"""The wheel, and mim on a wheel install and on an editable install."""

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import textwrap
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mmdet_sodgan.version import __version__

ROOT = Path(__file__).resolve().parents[1]
SOURCES = ('configs', 'mmdet_sodgan', 'tools', 'LICENSE', 'README.md', 'pyproject.toml')
CONFIG = 'configs/sodgan/sodgan-faster-rcnn_r50_fpn_1x_coco.py'


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


@pytest.fixture(scope='module', params=['wheel', 'editable'])
def python(request, repository, wheel, tmp_path_factory):
    """Python of a new environment with the project, and the stack of this one."""
    folder = tmp_path_factory.mktemp(request.param)
    run(sys.executable, '-m', 'venv', '--without-pip', folder)
    path = folder / 'bin' / 'python'
    site = run(path, '-c', 'import sysconfig; print(sysconfig.get_path("purelib"))')
    # Behind the environment's own packages, and without the editable
    # installs of this one: its .pth files are not read.
    Path(site.strip(), 'stack.pth').write_text(sysconfig.get_path('purelib'))
    project = [wheel] if request.param == 'wheel' else ['--editable', repository]
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


def test_wheel_holds_the_package_and_what_mim_looks_for(wheel):
    names = set(zipfile.ZipFile(wheel).namelist())
    code = {p.relative_to(ROOT).as_posix() for p in ROOT.glob('mmdet_sodgan/**/*.py')}
    extras = {
        path.relative_to(ROOT).as_posix()
        for folder in ('tools', 'configs')
        for path in ROOT.glob(f'{folder}/**/*.py')
    }
    assert CONFIG in extras and 'tools/train.py' in extras and 'tools/test.py' in extras
    expected = code | {
        f'{name}/.mim/{path}'
        for name in ('mmdet_sodgan', 'mmdet-sodgan')
        for path in extras
    }
    assert expected == {name for name in names if name.endswith('.py')}


def test_wheel_has_the_version_that_the_package_states(wheel):
    assert wheel.name == f'mmdet_sodgan-{__version__}-py3-none-any.whl'


def test_package_has_no_tools_of_its_own():
    # mim test would take them for the scripts.
    assert not (ROOT / 'mmdet_sodgan' / 'tools').exists()


@pytest.mark.slow
@pytest.mark.parametrize('command', ['train', 'test'])
@pytest.mark.parametrize('inside', [True, False], ids=['inside', 'outside'])
@pytest.mark.parametrize('bare', [True, False], ids=['bare', 'path'])
def test_mim_finds_script_and_config(
    python, repository, srun, tmp_path, command, inside, bare
):
    if bare:
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
def tiny_config(tmp_path):
    """A detector for two images of 64 x 64 px, one epoch."""
    images = [dict(id=i, file_name=f'{i}.png', width=64, height=64) for i in range(2)]
    annotations = [
        dict(id=i, image_id=i, category_id=1, bbox=[8, 8, 24, 24], area=576, iscrowd=0)
        for i in range(2)
    ]
    rng = np.random.default_rng(0)
    for image in images:
        pixels = rng.integers(0, 255, (64, 64, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(tmp_path / image['file_name'])
    coco = dict(
        images=images, annotations=annotations, categories=[dict(id=1, name='dot')]
    )
    (tmp_path / 'coco.json').write_text(json.dumps(coco))
    config = tmp_path / 'tiny.py'
    config.write_text(
        textwrap.dedent(f"""
        _base_ = [
            'mmdet::_base_/models/faster-rcnn_r50_fpn.py',
            'mmdet::_base_/datasets/coco_detection.py',
            'mmdet::_base_/schedules/schedule_1x.py',
            'mmdet::_base_/default_runtime.py',
        ]
        model = dict(
            backbone=dict(depth=18, init_cfg=None),
            neck=dict(in_channels=[64, 128, 256, 512]),
        )
        loader = dict(
            batch_size=2,
            num_workers=0,
            persistent_workers=False,
            dataset=dict(
                data_root={str(tmp_path)!r},
                ann_file='coco.json',
                data_prefix=dict(img=''),
                metainfo=dict(classes=('dot',)),
            ),
        )
        train_dataloader = loader
        val_dataloader = loader
        test_dataloader = dict(loader, batch_size=1)
        val_evaluator = dict(ann_file={str(tmp_path / 'coco.json')!r})
        test_evaluator = val_evaluator
        resize = dict(type='Resize', scale=(64, 64), keep_ratio=True)
        train_pipeline = [
            dict(type='LoadImageFromFile'),
            dict(type='LoadAnnotations', with_bbox=True),
            resize,
            dict(type='PackDetInputs'),
        ]
        for split in (train_dataloader, val_dataloader, test_dataloader):
            split['dataset']['pipeline'] = train_pipeline
        train_cfg = dict(max_epochs=1, val_interval=1)
        """)
    )
    return config


@pytest.mark.slow
@pytest.mark.parametrize('python', ['wheel'], indirect=True)
def test_mim_trains_and_tests(python, tiny_config, tmp_path):
    mim = [python, '-m', 'mim']
    run(*mim, 'train', 'mmdet_sodgan', tiny_config, cwd=tmp_path)
    checkpoint = tmp_path / 'work_dirs' / 'tiny' / 'epoch_1.pth'
    assert checkpoint.is_file()
    output = run(
        *(*mim, 'test', 'mmdet_sodgan', tiny_config, '--checkpoint', checkpoint),
        cwd=tmp_path,
    )
    assert f'Load checkpoint from {checkpoint}' in output
    assert 'Epoch(test) [2/2]' in output
