import json
import os
import re

import pytest
import torch

CONFIG = """
train_cfg = dict(max_epochs=2)
randomness = dict(seed=3)
train_dataloader = dict(batch_size=4, dataset=dict(ann_file='train.json'))
"""
STEPS = [
    dict(loss=2.0, time=0.9, step=10, epoch=1),
    {'coco/bbox_mAP': 0.1, 'step': 1},
    dict(loss=1.5, time=0.2, step=20, epoch=2),
    dict(loss=1.0, time=0.3, step=30, epoch=2),
]


def write(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
    return path


@pytest.fixture
def run(tmp_path):
    """Folders of a training and of its test, as mmengine leaves them."""
    scalars = '\n'.join(map(json.dumps, STEPS)) + '\n'
    write(tmp_path / 'run' / 'some.py', CONFIG)
    write(tmp_path / 'run' / '1' / 'vis_data' / 'scalars.json', scalars)
    metrics = {'coco/bbox_mAP': 0.25, 'data_time': 0.1}
    report = dict(buckets=[dict(name='0-8', AP=0.5)])
    write(tmp_path / 'test' / '2' / '2.json', json.dumps(metrics))
    write(tmp_path / 'test' / '2' / 'bbox_size.json', json.dumps(report))
    return tmp_path


def summarise(tool, run):
    out = run / 'new' / 'out.json'
    arguments = [str(run / 'run'), str(run / 'test'), str(out), '--note', 'busy']
    tool('analysis_tools/summarise_run.py').main(arguments)
    return json.loads(out.read_text())


def test_summary_holds_what_the_run_left(tool, run):
    summary = summarise(tool, run)
    expected = dict(
        config='some.py',
        seed=3,
        note='busy',
        torch=torch.__version__,
        epochs=2,
        batch_size=4,
        train_annotations='train.json',
        iterations=30,
        median_iteration_seconds=0.3,
        metrics={'coco/bbox_mAP': 0.25},
        buckets=[dict(name='0-8', AP=0.5)],
    )
    assert {key: summary[key] for key in expected} == expected


def test_newest_test_counts(tool, run):
    old = write(run / 'test' / '1' / '1.json', '{"coco/bbox_mAP": 0.75}')
    os.utime(old, (0, 0))
    assert summarise(tool, run)['metrics'] == {'coco/bbox_mAP': 0.25}


@pytest.mark.parametrize(
    'path', ['run/some.py', 'run/1/vis_data/scalars.json', 'test/2/bbox_size.json']
)
def test_missing_part_of_a_run_is_named(tool, run, path):
    (run / path).unlink()
    folder = re.escape(str(run / path.partition('/')[0]))
    with pytest.raises(SystemExit, match=f'^{folder} has no .*: give the work_dir'):
        summarise(tool, run)
    assert not (run / 'new').exists()


def test_folder_of_a_test_in_place_of_the_training_is_told(tool, run):
    write(run / 'run' / '1' / 'vis_data' / 'scalars.json', json.dumps(STEPS[1]))
    with pytest.raises(SystemExit, match='scalars.json has no training step'):
        summarise(tool, run)
