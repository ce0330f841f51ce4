import json
import os
import subprocess
import sys
from pathlib import Path

import cv2
import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
def test_demo_trains_tests_and_draws_both_models(tmp_path):
    # As an earlier demo would leave it, and newer than what follows.
    for config in ('faster-rcnn', 'sodgan-faster-rcnn'):
        work_dir = tmp_path / 'demo' / f'{config}_r18_fpn_small_synthetic'
        for folder in (work_dir, work_dir / 'test'):
            earlier = folder / '29990101_000000' / '29990101_000000.json'
            earlier.parent.mkdir(parents=True)
            earlier.write_text('{"coco/bbox_mAP": 9}')
            os.utime(earlier, (2**35, 2**35))
    done = subprocess.run(
        [
            sys.executable,
            ROOT / 'tools/demo/run_demo.py',
            *('--out-dir', tmp_path / 'demo', '--epochs', '1'),
            *('--num-train', '8', '--num-val', '4'),
        ],
        capture_output=True,
        text=True,
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    for word in ('Faster R-CNN', 'SODGAN', 'AP 0-8 px', 'params (M)', 'ms / image'):
        assert word in done.stdout
    results = json.loads((tmp_path / 'demo/demo.json').read_text())['results']
    assert set(results) == {'Faster R-CNN', 'SODGAN'}
    for result in results.values():
        assert result['metrics']['coco/bbox_mAP'] < 1
        assert result['train_seconds'] > 0 and result['ms_per_image'] > 0
        assert sum(bucket['num_gt'] for bucket in result['buckets']) > 0
    # The generator, without discriminator and HR branch.
    assert 1 < results['SODGAN']['params'] / results['Faster R-CNN']['params'] < 1.15
    assert cv2.imread(str(tmp_path / 'demo/demo.png')).std() > 0


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
