import json
import shutil
import subprocess
import sys
from argparse import Namespace
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


def arguments(folder, **changes):
    return Namespace(**dict(out_dir=folder, num_train=2, num_val=1, seed=0) | changes)


@pytest.fixture
def project(demo, tmp_path):
    demo.make_project(arguments(tmp_path), silent(demo))
    return tmp_path


def silent(demo):
    progress = demo.Progress()
    progress.begin('images', 'Drawing')
    return progress


def test_images_of_another_seed_are_not_mixed_in(demo, project):
    before = (project / 'data/train/0000.png').read_bytes()
    with pytest.raises(SystemExit, match='has a demo of other settings: remove it'):
        demo.make_project(arguments(project, seed=1), silent(demo))
    demo.make_project(arguments(project), silent(demo))
    assert (project / 'data/train/0000.png').read_bytes() == before


def test_failing_training_names_its_log_and_ends_the_other(demo, project):
    shutil.rmtree(project / 'data')
    with pytest.raises(SystemExit, match='training of teacher failed, see .*er.log'):
        demo.train(arguments(project), ['teacher'], silent(demo))
    assert 'train.json' in (project / 'teacher.log').read_text()


def test_progress_says_how_long_it_takes(demo, monkeypatch, capsys):
    clock = iter([0.0, 100.0])
    monkeypatch.setattr(demo.time, 'monotonic', lambda: next(clock))
    monkeypatch.setattr(demo, 'SHARES', dict(images=1, teacher=4, students=5))
    progress = demo.Progress()
    progress.begin('teacher', 'Training')
    # With the images before it, 3 of 10 shares.
    progress.update(0.5, 'half')
    assert capsys.readouterr().out.splitlines() == [
        '[2/3] Training',
        '      half; about 3 min 53 s left',
    ]


def test_last_step_leaves_an_unfinished_line_out(demo, tmp_path):
    log = tmp_path / '2030' / 'vis_data' / 'scalars.json'
    log.parent.mkdir(parents=True)
    log.write_text('{"loss": 1, "step": 5}\n{"loss": 1, "step": 10}\n{"loss": 1, "st')
    assert demo.last_step(tmp_path) == 10
    assert demo.last_step(tmp_path / 'none') == 0
