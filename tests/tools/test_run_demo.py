import json
import os
import subprocess
import sys
from pathlib import Path

import cv2
import pytest

from mmdet_sodgan.cli import main as cli

ROOT = Path(__file__).parents[2]


@pytest.fixture
def demo(tool, monkeypatch):
    """The demo, imported as its own process does."""
    monkeypatch.syspath_prepend(ROOT / 'tools' / 'demo')
    return tool('demo/run_demo.py')


@pytest.mark.slow
def test_demo_trains_tests_and_draws_both_models(demo, monkeypatch, tmp_path, capsys):
    def run(name, *arguments, log):
        # In this process, as each would import torch and mmdet first.
        cli.main([name, *arguments])
        return 1.0

    monkeypatch.setattr(demo, 'run', run)
    # As an earlier demo would leave it, and newer than what follows.
    for config in ('faster-rcnn', 'sodgan-faster-rcnn'):
        work_dir = tmp_path / 'demo' / f'{config}_r18_fpn_small_synthetic'
        for folder in (work_dir, work_dir / 'test'):
            earlier = folder / '29990101_000000' / '29990101_000000.json'
            earlier.parent.mkdir(parents=True)
            earlier.write_text('{"coco/bbox_mAP": 9}')
            os.utime(earlier, (2**35, 2**35))
    demo.main(
        [
            *('--out-dir', str(tmp_path / 'demo'), '--epochs', '1'),
            *('--num-train', '8', '--num-val', '4'),
        ]
    )
    printed = capsys.readouterr().out
    for word in ('Faster R-CNN', 'SODGAN', 'AP 0-8 px', 'params (M)', 'ms / image'):
        assert word in printed
    results = json.loads((tmp_path / 'demo/demo.json').read_text())['results']
    assert set(results) == {'Faster R-CNN', 'SODGAN'}
    for result in results.values():
        assert result['metrics']['coco/bbox_mAP'] < 1
        assert result['train_seconds'] > 0 and result['ms_per_image'] > 0
        assert sum(bucket['num_gt'] for bucket in result['buckets']) > 0
    # The generator, without discriminator and HR branch.
    assert 1 < results['SODGAN']['params'] / results['Faster R-CNN']['params'] < 1.15
    assert cv2.imread(str(tmp_path / 'demo/demo.png')).std() > 0


def test_tool_runs_in_a_process_whose_output_is_kept(
    demo, monkeypatch, tmp_path, capsys
):
    monkeypatch.setattr(demo, 'ROOT', tmp_path)
    (tmp_path / 'tools').mkdir()
    script = 'import sys; print("noise", sys.argv[1]); print("- Epoch(train) [1]")'
    (tmp_path / 'tools/train.py').write_text(script)
    assert demo.run('train', 'x.py', log=tmp_path / 'log') > 0
    assert (tmp_path / 'log').read_text() == 'noise x.py\n- Epoch(train) [1]\n'
    assert capsys.readouterr().out.split() == ['Epoch(train)', '[1]']


def test_failing_training_names_its_log(tmp_path):
    blocked = tmp_path / 'demo'
    done = subprocess.run(
        [
            sys.executable,
            ROOT / 'tools/demo/run_demo.py',
            *('--out-dir', blocked, '--epochs', '0'),
            *('--num-train', '2', '--num-val', '1'),
        ],
        capture_output=True,
        text=True,
        cwd=tmp_path,
    )
    assert done.returncode != 0
    assert 'train.log' in done.stderr
