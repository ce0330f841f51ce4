import subprocess
import sys
from importlib import metadata
from pathlib import Path

import mmcv.ops
import pytest
import torch

from mmdet_sodgan.apps.doctor import environment
from mmdet_sodgan.apps.doctor.environment import inspect_environment
from mmdet_sodgan.utils import compat

ROOT = Path(__file__).resolve().parents[3]


def inspect():
    return {finding.name: finding for finding in inspect_environment()}


def test_this_environment_is_whole():
    findings = inspect()
    assert not [f for f in findings.values() if f.broken]
    assert findings['import torch'].value == torch.__version__
    assert findings["mmcv's NMS on cpu"].value == 'works'
    assert findings["mmcv's RoIAlign on cpu"].value == 'works'
    assert {'python', 'memory', 'disk of this folder', 'CPU'} <= findings.keys()


@pytest.mark.parametrize('found', [None, '2.2.0'])
def test_missing_and_wrong_versions_are_broken(monkeypatch, found):
    real = compat.installed_version
    monkeypatch.setattr(
        environment, 'installed_version', lambda n: found if n == 'mmcv' else real(n)
    )
    if real('mmcv') is None:
        pytest.skip('the other stack names it differently')
    finding = inspect()['mmcv']
    assert finding.broken and finding.value == (found or 'not installed')
    assert 'mmcv>=2.1.0,<2.2 is needed' in finding.remedy


def test_library_that_does_not_import_is_broken(monkeypatch):
    monkeypatch.setitem(sys.modules, 'cv2', None)
    findings = inspect()
    assert findings['import cv2'].broken
    assert 'ModuleNotFoundError' in findings['import cv2'].value
    # Operators are not tried, as their failure would have that cause.
    assert "mmcv's NMS on cpu" not in findings


@pytest.mark.parametrize('operator, name', [('nms', 'NMS'), ('roi_align', 'RoIAlign')])
def test_operator_that_fails_is_broken(monkeypatch, operator, name):
    def fail(*args, **kwargs):
        raise RuntimeError('no implementation\nfor this device')

    monkeypatch.setattr(mmcv.ops, operator, fail)
    finding = inspect()[f"mmcv's {name} on cpu"]
    assert finding.broken
    assert finding.value == 'RuntimeError: no implementation for this device'


def test_operator_with_wrong_result_is_broken(monkeypatch):
    monkeypatch.setattr(mmcv.ops, 'roi_align', lambda *args: torch.zeros(1))
    finding = inspect()["mmcv's RoIAlign on cpu"]
    assert finding.broken and 'in place of 7.5' in finding.value


def test_failed_import_of_the_package_is_broken_without_known_cause(monkeypatch):
    monkeypatch.setattr(environment, 'import_error', lambda: KeyError('a'))
    finding = inspect()['import mmdet_sodgan']
    assert finding.broken and finding.value == "KeyError: 'a'"


def test_missing_extra_is_told_but_not_broken(monkeypatch):
    monkeypatch.setattr(
        metadata, 'requires', lambda name: ['no-such-thing>=1; extra == "web"']
    )
    finding = inspect()['extra web']
    assert finding.value == 'lacks no-such-thing' and not finding.broken
    assert 'pip install "mmdet_sodgan[web]"' in finding.remedy


def test_little_disk_is_told_but_not_broken(monkeypatch):
    usage = environment.shutil.disk_usage('.')._replace(free=1e9)
    monkeypatch.setattr(environment.shutil, 'disk_usage', lambda path: usage)
    finding = inspect()['disk of this folder']
    assert finding.value == '1.0 GB free' and finding.remedy and not finding.broken


BROKEN = """
import sys
from importlib import metadata

version = metadata.version
def without_mmcv(name):
    if name.endswith('mmcv'):
        raise metadata.PackageNotFoundError(name)
    return version(name)
metadata.version = without_mmcv
sys.modules['mmcv'] = None
sys.argv = ['sodgan', *sys.argv[1:]]
from mmdet_sodgan.cli.main import main
main()
"""


def run_without_mmcv(*arguments):
    return subprocess.run(
        [sys.executable, '-c', BROKEN, *arguments],
        capture_output=True,
        text=True,
        cwd=ROOT,
    )


def test_doctor_works_where_the_package_cannot_be_imported():
    done = run_without_mmcv('doctor')
    assert done.returncode == 1 and 'Traceback' not in done.stderr
    lines = done.stdout.splitlines()
    assert any(line.startswith('!!') and 'not installed' in line for line in lines)
    assert any(line.startswith('!! import mmcv') for line in lines)
    assert any('makes an environment that has it' in line for line in lines)


def test_other_commands_name_the_doctor_where_the_package_cannot_be_imported():
    done = run_without_mmcv('train', 'some.py')
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert '`sodgan doctor` says what to do' in line and 'no version of it' in line
