import json
import shutil
import subprocess
import sys
from pathlib import Path

import cv2
import pytest
from mmengine.config import Config

from mmdet_sodgan.apps.report.project import find_runs

ROOT = Path(__file__).parents[2]


@pytest.fixture
def demo(tool, monkeypatch):
    """The demo, imported as its own process does."""
    monkeypatch.syspath_prepend(ROOT / 'tools' / 'demo')
    return tool('demo/run_demo.py')


@pytest.mark.slow
def test_demo_leaves_a_project_with_table_and_picture(tmp_path):
    folder = tmp_path / 'demo'
    command = [sys.executable, ROOT / 'tools/demo/run_demo.py', '--out-dir', folder]
    command += ['--num-train', '2', '--num-val', '2']
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    for text in ('HR detector', 'plain detector', 'SODGAN', '12-16 px', '96 px'):
        assert text in done.stdout
    assert 'sodgan report demo\n' in done.stdout
    results = json.loads((folder / 'demo.json').read_text())['results']
    teacher, plain, sodgan = results.values()
    assert [row['input_px'] for row in (teacher, plain, sodgan)] == [192, 96, 96]
    # The generator, without discriminator and HR branch.
    assert 1 < sodgan['params'] / plain['params'] < 1.15
    for row in results.values():
        assert 0 <= row['metrics']['coco/bbox_mAP'] < 1 and row['ms_per_image'] > 0
        assert sum(bucket['num_gt'] for bucket in row['buckets']) > 10
    # Three columns of two images.
    height, width = cv2.imread(str(folder / 'demo.png')).shape[:2]
    assert width > 3 * 384 and height > 2 * 384
    # What `sodgan report` takes.
    runs = find_runs(folder)
    assert [path.name for path in runs] == ['sodgan', 'baseline']
    configs = [Config.fromfile(path / f'{path.name}.py') for path in runs]
    start = folder / 'work_dirs' / 'teacher' / teacher['checkpoint']
    assert start.is_file()
    for config in configs:
        assert Path(config.load_from) == start
    for key in ('max_epochs', 'train_dataloader', 'param_scheduler'):
        assert configs[0][key] == configs[1][key]
    rates = [config.optim_wrapper.optimizer for config in configs]
    assert rates[0] == rates[1]


SETTINGS = dict(num_train=2, num_val=1, seed=0)


def test_images_of_another_seed_are_not_mixed_in(demo, tmp_path):
    demo.make_project(tmp_path, SETTINGS)
    before = (tmp_path / 'data/train/0000.png').read_bytes()
    with pytest.raises(SystemExit, match='has a demo of other settings: remove it'):
        demo.make_project(tmp_path, SETTINGS | dict(seed=1))
    demo.make_project(tmp_path, SETTINGS)
    assert (tmp_path / 'data/train/0000.png').read_bytes() == before


def test_failing_training_ends_the_demo_with_its_sentence(tmp_path):
    # The images were drawn, and are gone.
    (tmp_path / 'settings.json').write_text(json.dumps(SETTINGS))
    for config in (ROOT / 'tools/demo/project').glob('*.py'):
        shutil.copy(config, tmp_path)
    command = [sys.executable, ROOT / 'tools/demo/run_demo.py', '--out-dir', tmp_path]
    command += ['--num-train', '2', '--num-val', '1']
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 1
    assert 'val.json' in done.stderr and 'Traceback' not in done.stderr
    assert '[3/5]' not in done.stdout
