"""Threads that wait give their core away, in every process that we start."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
#: Where the entry imports torch, with arguments up to there.
ENTRIES = {
    'sodgan': ['-m', 'mmdet_sodgan.cli.main', 'train', 'x.py'],
    'train': [ROOT / 'tools/train.py', 'x.py'],
    'test': [ROOT / 'tools/test.py', 'x.py', 'x.pth'],
    'image_demo': [ROOT / 'tools/image_demo.py', 'x.png', 'x.py', 'x.pth'],
    'demo': [ROOT / 'tools/demo/run_demo.py', '--out-dir', 'demo'],
    'kill_resume': [ROOT / 'tools/fault/kill_resume.py', 'x.py'],
}


@pytest.mark.parametrize('entry', ENTRIES)
@pytest.mark.parametrize('users, expected', [(None, 'PASSIVE'), ('ACTIVE', 'ACTIVE')])
def test_policy_is_set_before_torch_is_imported(tmp_path, entry, users, expected):
    fake = tmp_path / 'fake/torch/__init__.py'
    fake.parent.mkdir(parents=True)
    fake.write_text(
        'import os\n'
        'raise SystemExit("policy: " + os.environ.get("OMP_WAIT_POLICY", "none"))\n'
    )
    paths = [str(tmp_path / 'fake'), str(ROOT), os.environ.get('PYTHONPATH', '')]
    env = os.environ | dict(PYTHONPATH=os.pathsep.join(filter(None, paths)))
    del env['OMP_WAIT_POLICY']
    if users:
        env['OMP_WAIT_POLICY'] = users
    done = subprocess.run(
        [sys.executable, '-W', 'ignore', *ENTRIES[entry]],
        cwd=tmp_path,
        env=env,
        capture_output=True,
        text=True,
    )
    assert done.stderr.splitlines()[-1:] == [f'policy: {expected}']
