"""A project's training: its teacher first, and a screen that a person reads."""

import json
import re
import subprocess
import sys

import cv2
import numpy as np
import pytest

from mmdet_sodgan.cli.main import main

COMMAND = (sys.executable, '-m', 'mmdet_sodgan.cli.main')
# Wherever standard output goes to no terminal.
SCREEN = """\
Its teacher comes first: FOLDER/teacher.py
Training FasterRCNN on 4 images for 1 epoch; validation on 4 images.
Log: FOLDER/work_dirs/teacher/TIME/TIME.log
epoch 1/1, iteration 1/2, N left, loss N
Epoch 1: AP N, AP50 N; AP by size: N
Trained in N. Checkpoint: FOLDER/work_dirs/teacher/epoch_1.pth
Now FOLDER/sodgan.py
The training starts from N weights of FOLDER/work_dirs/teacher/epoch_1.pth; new, and \
trained from scratch: generator.
Training SODGAN on 4 images for 1 epoch; validation on 4 images.
Log: FOLDER/work_dirs/sodgan/TIME/TIME.log
epoch 1/1, iteration 1/2, N left, loss N
Epoch 1: AP N, AP50 N; AP by size: N
Trained in N. Checkpoint: FOLDER/work_dirs/sodgan/epoch_1.pth
"""


def plain(screen, folder):
    """The screen without what differs from run to run."""
    screen = screen.replace(str(folder), 'FOLDER')
    screen = re.sub(r'\d{8}_\d{6}', 'TIME', screen)
    screen = re.sub(r'(?<=starts from )\d+', 'N', screen)
    screen = re.sub(r'(?<=by size: ).*', 'N', screen)
    screen = re.sub(r'\d+(\.\d+)? s\b', 'N', screen)
    return re.sub(r'((?:loss|AP|AP50) )[\d.e+]+', r'\1N', screen)


@pytest.fixture(scope='module')
def trained(tmp_path_factory):
    """A project after its one command, and what was on the screen."""
    folder = tmp_path_factory.mktemp('project')
    rng = np.random.default_rng(0)
    images, annotations = [], []
    for index in range(4):
        pixels = np.full((64, 64, 3), 200, np.uint8)
        for x in (4, 24, 44):
            y, side = (int(n) for n in rng.integers((4, 8), (40, 16)))
            pixels[y : y + side, x : x + side] = 30
            annotations.append(
                dict(
                    id=len(annotations) + 1,
                    image_id=index,
                    category_id=1,
                    bbox=[x, y, side, side],
                    area=side * side,
                    iscrowd=0,
                )
            )
        # An image that is trained on is refused in val.
        for path in (folder, folder / 'val'):
            path.mkdir(exist_ok=True)
            assert cv2.imwrite(str(path / f'{index}.png'), pixels)
        images.append(dict(id=index, file_name=f'{index}.png', width=64, height=64))
    category = dict(id=1, name='thing')
    content = dict(images=images, annotations=annotations, categories=[category])
    (folder / 'all.json').write_text(json.dumps(content))
    train, val = ([folder / 'all.json', path] for path in (folder, folder / 'val'))
    project = folder / 'my_project'
    init = [*COMMAND, 'init', project, '--epochs', '1', '--backbone', 'r18']
    subprocess.run([*init, '--train', *train, '--val', *val], check=True)
    done = subprocess.run(
        [*COMMAND, 'train', project / 'sodgan.py'],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert done.returncode == 0, done.stdout
    return project, done.stdout


def test_one_command_trains_the_teacher_and_then_the_student(trained):
    project, screen = trained
    assert plain(screen, project) == SCREEN


def test_the_whole_log_is_in_the_file(trained):
    project, _ = trained
    (log,) = project.glob('work_dirs/sodgan/*/*.log')
    text = log.read_text()
    for part in (
        'System environment:',
        'train_dataloader',
        'Training SODGAN on 4',
    ):
        assert part in text
    assert 'bbox by object size' in text and 'Saving checkpoint at 1 epochs' in text


def test_what_is_trained_is_left_as_it_is(trained, capsys):
    project, _ = trained
    checkpoint = project / 'work_dirs/sodgan/epoch_1.pth'
    before = checkpoint.stat().st_mtime_ns
    for name in ('sodgan', 'teacher'):
        main(['train', str(project / f'{name}.py')])
        assert f'{name}.py is trained: {project}/work_dirs/' in capsys.readouterr().out
    assert checkpoint.stat().st_mtime_ns == before


def test_a_training_of_another_length_is_not_trained_over(trained):
    project, _ = trained
    with pytest.raises(
        SystemExit, match='epoch_1.pth is from a training with max_epochs = 1,'
    ):
        main(['train', str(project / 'sodgan.py'), '--epochs', '3'])


@pytest.mark.parametrize(
    'file, old, new, key',
    [
        ('../all.json', '"area": ', '"area":', 'dataset.ann_file = all.json'),
        ('teacher.py', "('thing',)", "('other',)", r"classes = \['thing'\]"),
    ],
)
def test_a_training_on_other_data_is_not_taken_for_trained(
    trained, file, old, new, key
):
    project, _ = trained
    before = (project / file).read_text()
    (project / file).write_text(before.replace(old, new))
    try:
        for command in ('train', str(project / 'sodgan.py')), ('compare', str(project)):
            with pytest.raises(SystemExit, match=f'epoch_1.pth is .* with .*{key}'):
                main(list(command))
    finally:
        (project / file).write_text(before)


def test_a_test_shows_the_table_by_size(trained):
    project, _ = trained
    checkpoint = project / 'work_dirs/sodgan/epoch_1.pth'
    done = subprocess.run(
        [*COMMAND, 'test', project / 'sodgan.py', checkpoint],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    lines = done.stdout.splitlines()
    assert done.returncode == 0 and len(lines) < 16, done.stdout
    assert lines[0] == 'Testing SODGAN on 4 images.'
    assert lines[3].startswith('+bbox by object size')
    assert lines[-1].startswith('Test: AP ')


def test_a_prediction_warns_of_nothing(trained, tmp_path):
    project, _ = trained
    checkpoint = project / 'work_dirs/sodgan/epoch_1.pth'
    image = project.parent / '0.png'
    done = subprocess.run(
        [*COMMAND, 'predict', image, project / 'sodgan.py', checkpoint]
        + ['--out-dir', tmp_path / 'out'],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0 and 'Warning' not in done.stderr
    assert 'Failed to search registry' not in done.stdout
    assert 'Loads checkpoint' not in done.stdout
