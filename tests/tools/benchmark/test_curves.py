"""Curves of a run from mmengine's logs."""

import json

import pytest


def log(folder, *rows):
    path = folder / 'vis_data' / 'scalars.json'
    path.parent.mkdir(parents=True)
    path.write_text(''.join(f'{json.dumps(row)}\n' for row in rows))


@pytest.fixture
def curves(benchmark_tool):
    return benchmark_tool('curves').curves


def test_an_interrupted_training_has_one_curve(curves, tmp_path):
    def step(number, loss, seconds):
        return dict(step=number, loss=loss, time=seconds, lr=0.1, d_real=0.5)

    log(tmp_path / '1', step(20, 0.123456789, 2.0), step(40, 0.5, 2.0))
    # It goes on from a checkpoint before the last line of the first log.
    log(
        tmp_path / '2',
        step(40, 0.25, 3.0),
        {'step': 1, 'coco/bbox_mAP': 0.5, 'data_time': 0.1},
        step(60, 0.125, 3.0),
    )
    assert curves(tmp_path) == dict(
        train=[
            dict(step=20, loss=0.12346, d_real=0.5),
            dict(step=40, loss=0.25, d_real=0.5),
            dict(step=60, loss=0.125, d_real=0.5),
        ],
        val=[{'step': 1, 'coco/bbox_mAP': 0.5}],
        seconds=[2.0, 3.0, 3.0],
    )


def test_a_training_that_has_not_begun_has_none(curves, tmp_path):
    assert curves(tmp_path) == dict(train=[], val=[], seconds=[])
