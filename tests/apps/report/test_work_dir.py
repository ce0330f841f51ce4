import json
import os

import pytest
import torch

from mmdet_sodgan.apps.report import read_work_dir


def test_files_of_a_training_are_found(work_dir):
    folder = work_dir()
    run = read_work_dir(folder)
    assert (run.name, run.config_path.name) == ('run', 'my_config.py')
    assert run.config.randomness.seed == 7
    assert [row['loss'] for row in run.steps] == [2, 1]
    assert [row['coco/bbox_mAP'] for row in run.validations] == [0.3]
    assert run.detections == folder / 'found.bbox.json'
    assert run.checkpoint is None and run.by_size is None


def test_rows_of_a_resumed_run_replace_those_that_it_repeats(work_dir):
    folder = work_dir()
    log = folder / '20260102_000000/vis_data/scalars.json'
    log.parent.mkdir(parents=True)
    rows = [dict(loss=9, step=2), dict(loss=8, step=3)]
    log.write_text('\n'.join(map(json.dumps, rows)))
    run = read_work_dir(folder)
    assert [(row['step'], row['loss']) for row in run.steps] == [(1, 2), (2, 9), (3, 8)]
    assert len(run.validations) == 1


def test_training_that_went_on_started_where_its_first_part_did(work_dir):
    folder = work_dir()
    parts = {
        '20260101_000000': "load_from = 'teacher.pth'\nresume = False\n",
        '20260102_000000': "load_from = 'run/epoch_1.pth'\nresume = True\n",
    }
    for name, text in parts.items():
        (folder / name / 'vis_data').mkdir(parents=True, exist_ok=True)
        (folder / name / 'vis_data/config.py').write_text(text)
    (folder / 'my_config.py').write_text(text)
    assert read_work_dir(folder).config.load_from == 'teacher.pth'


def test_checkpoint_is_the_last_one_also_in_a_folder_that_was_moved(work_dir):
    folder = work_dir()
    for age, name in enumerate(('epoch_3.pth', 'best.pth')):
        torch.save(dict(), folder / name)
        os.utime(folder / name, (age, age))
    assert read_work_dir(folder).checkpoint.name == 'best.pth'
    (folder / 'last_checkpoint').write_text('/elsewhere/run/epoch_3.pth')
    assert read_work_dir(folder).checkpoint == folder / 'epoch_3.pth'


def test_checkpoint_that_was_not_written_wholly_is_passed_over(work_dir):
    folder = work_dir()
    torch.save(dict(), folder / 'epoch_1.pth')
    half = (folder / 'epoch_1.pth').read_bytes()[:100]
    (folder / 'epoch_2.pth').write_bytes(half)
    (folder / 'last_checkpoint').write_text(str(folder / 'epoch_2.pth'))
    assert read_work_dir(folder).checkpoint == folder / 'epoch_1.pth'


def test_folder_without_config_is_refused(tmp_path):
    for folder in (tmp_path, tmp_path / 'absent'):
        with pytest.raises(ValueError, match=f'{folder} is no work_dir.* mim train'):
            read_work_dir(folder)


def test_unfinished_last_line_is_left_out_and_told(work_dir):
    folder = work_dir()
    log = folder / '20260101_000000/vis_data/scalars.json'
    whole = read_work_dir(folder)
    assert whole.cut_logs == []
    with log.open('a') as file:
        file.write('{"loss": 1, "st')
    run = read_work_dir(folder)
    assert run.cut_logs == [log]
    assert (run.steps, run.validations) == (whole.steps, whole.validations)
    log.write_text(log.read_text() + '\n')
    with pytest.raises(ValueError, match='line 4 is no JSON'):
        read_work_dir(folder)


def test_broken_log_is_named(work_dir):
    folder = work_dir()
    log = folder / '20260101_000000/vis_data/scalars.json'
    log.write_text('{"loss": 1, "step": 1}\n{"loss": 1, "st\n{"loss": 1, "step": 3}\n')
    with pytest.raises(ValueError, match=f'{log} is no log .* line 2 is no JSON'):
        read_work_dir(folder)
