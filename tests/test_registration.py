"""What importing the package does to a process, and what it leaves alone."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from mmdet_sodgan.datasets.synthetic import generate

ROOT = Path(__file__).resolve().parents[1]
FOREIGN = """
import pickle, sys

import mmdet_sodgan

assert not {'torch', 'mmengine', 'mmdet', 'numpy'} & sys.modules.keys()

from fractions import Fraction  # stands for a class of somebody's own

import torch
from mmengine.runner import CheckpointLoader

path = sys.argv[1]
before = dict(CheckpointLoader._schemes)


def load():
    own = CheckpointLoader.load_checkpoint(path, map_location='cpu')
    return own['extra'], torch.load(path, weights_only=False)['extra']


expected = (Fraction(1, 3),) * 2
assert load() == expected
import mmdet_sodgan.registration

assert load() == expected
after = CheckpointLoader._schemes
assert all(after[scheme] is loader for scheme, loader in before.items())
from mmdet_sodgan.apis import enable_safe_loading
from mmdet_sodgan.utils.errors import UnsafeCheckpointError

assert load() == expected
enable_safe_loading()
try:
    load()
except UnsafeCheckpointError as error:
    print(error)
"""


def test_import_takes_nothing_from_other_models(tmp_path):
    from fractions import Fraction

    path = tmp_path / 'foreign.pth'
    torch.save(dict(state_dict={}, extra=Fraction(1, 3)), path)
    done = subprocess.run(
        [sys.executable, '-c', FOREIGN, path],
        capture_output=True,
        text=True,
        # As people have it who load such checkpoints with MMDetection.
        env=os.environ | {'TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD': '1'},
    )
    assert done.returncode == 0, done.stderr
    assert f'{path} asks for fractions.Fraction and is refused' in done.stdout


WITHOUT_MMCV = """
import sys
from importlib import import_module, metadata

version = metadata.version
def without_mmcv(name):
    if name.endswith('mmcv'):
        raise metadata.PackageNotFoundError(name)
    return version(name)
metadata.version = without_mmcv
for name in sys.argv[1:]:
    try:
        import_module(f'mmdet_sodgan.{name}')
    except ImportError as error:
        assert 'no version of it is installed: `make test' in str(error), error
        print(name)
assert 'torch' not in sys.modules
"""


def test_broken_stack_is_refused_with_its_sentence_by_each_folder_on_it():
    folders = ['models', 'engine', 'datasets', 'evaluation', 'registration', 'apis']
    folders += [
        'deploy.publish',
        'apps.report',
        'apps.web',
        'datasets.converters.visdrone',
    ]
    done = subprocess.run(
        [sys.executable, '-c', WITHOUT_MMCV, *folders], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == folders


@pytest.mark.slow
@pytest.mark.parametrize('script', ['test.py', 'image_demo.py'])
def test_config_that_names_the_package_alone_still_works(
    script, sodgan_cfg, detector, tmp_path
):
    """Importing the package used to register its modules.

    tools/test.py is what mim calls.
    """
    generate(tmp_path / 'data', 1, 2, image_size=(96, 64))
    cfg = sodgan_cfg(
        {
            'custom_imports': dict(imports=['mmdet_sodgan']),
            'test_dataloader.num_workers': 0,
            'test_dataloader.persistent_workers': False,
            'test_dataloader.dataset.data_root': f'{tmp_path}/data/',
            'test_evaluator.ann_file': f'{tmp_path}/data/annotations/val.json',
        }
    )
    cfg.dump(tmp_path / 'old.py')
    assert 'mmdet_sodgan.registration' not in (tmp_path / 'old.py').read_text()
    arguments = [tmp_path / 'old.py', detector[1]]
    if script == 'image_demo.py':
        arguments.insert(0, next((tmp_path / 'data' / 'val').iterdir()))
    done = subprocess.run(
        [sys.executable, ROOT / 'tools' / script, *arguments],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    if script == 'test.py':
        (report,) = tmp_path.glob('work_dirs/old/*/bbox_size.json')
        assert json.loads(report.read_text())['num_gt'] > 0
