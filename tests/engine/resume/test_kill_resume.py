"""Trainings that are killed, through the tool that proves it at length."""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]


def test_killed_training_resumes_from_its_last_checkpoint_to_the_same_weights(
    runner_cfg, tmp_path
):
    cfg = runner_cfg('kill', {'train_cfg.val_begin': 10})
    cfg.dump(tmp_path / 'cfg.py')
    done = subprocess.run(
        [
            sys.executable,
            *('-W', 'ignore', ROOT / 'tools/fault/kill_resume.py'),
            *(tmp_path / 'cfg.py', '--kills', '2', '--slow-disk', '0.3'),
            *('--out', tmp_path / 'result.json'),
        ],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    result = json.loads((tmp_path / 'result.json').read_text())
    assert result['tensors_compared'] > 100
    anywhere, writing = result['kills']
    assert writing['moment'] == 'while a checkpoint is written'
    assert writing['temporary_bytes'] > 0
    for kill in (anywhere, writing):
        assert kill['weights_equal'] and kill['resumed_from_it']
        assert not kill['temporary_left_at_the_end']
