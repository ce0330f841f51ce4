"""The layers in pyproject.toml, and that a breach of each contract is seen."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
LINT = 'from importlinter.cli import lint_imports_command; lint_imports_command()'
LAYERS = 'Lower layers import nothing of higher ones'
CIRCLES = 'No circle of files or folders'


def lint(folder):
    """Exit status and output of import-linter on the package in a folder."""
    done = subprocess.run(
        [sys.executable, '-c', LINT, '--no-cache', '--no-logo'],
        cwd=folder,
        env=os.environ | {'PYTHONPATH': str(folder)},
        capture_output=True,
        text=True,
    )
    return done.returncode, done.stdout + done.stderr


@pytest.fixture
def copy(tmp_path):
    """A copy of the package with its contracts."""
    shutil.copy(ROOT / 'pyproject.toml', tmp_path)
    ignored = shutil.ignore_patterns('__pycache__')
    shutil.copytree(ROOT / 'mmdet_sodgan', tmp_path / 'mmdet_sodgan', ignore=ignored)
    return tmp_path


def test_package_keeps_its_contracts():
    status, output = lint(ROOT)
    assert status == 0, output
    assert output.count(' KEPT') == 4


@pytest.mark.parametrize(
    'file, statement, contract',
    [
        ('utils/compat.py', 'from ..engine import hooks', LAYERS),
        ('structures/size_bucket.py', 'import mmdet_sodgan.utils.compat', LAYERS),
        ('models/__init__.py', 'from ..datasets import DataError', LAYERS),
        ('datasets/problem.py', 'from ..evaluation import metrics', LAYERS),
        ('deploy/boxes.py', 'def f():\n    from ..apps import web', LAYERS),
        ('new/__init__.py', '', LAYERS),
        ('apps/web/page.py', 'from ..report import WorkDir', 'The apps do not know'),
        ('datasets/problem.py', 'from . import strict_coco', CIRCLES),
        ('models/losses/masked_mean.py', 'from ..detectors import SODGAN', CIRCLES),
        ('cli/train.py', 'from tools.train import main', 'Nothing in the package im'),
    ],
)
def test_breach_is_seen(copy, file, statement, contract):
    path = copy / 'mmdet_sodgan' / file
    path.parent.mkdir(exist_ok=True)
    with path.open('a') as source:
        source.write(f'\n{statement}\n')
    status, output = lint(copy)
    assert status == 1
    (line,) = (x for x in output.splitlines() if x.startswith(contract) and 'BRO' in x)
