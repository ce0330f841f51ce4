"""Every way to end a training, in real processes that end as Python does."""

import json
import time
from pathlib import Path

import pytest
import torch

SCRIPT = Path(__file__).with_name('stopped_training.py')
SECONDS = 10
CODES = {'SIGTERM': 75, 'SIGINT': 130, 'an exception': 1, 'the end': 0}
LOADERS = {
    'no workers': dict(workers=0, persistent=False),
    'workers': dict(workers=2, persistent=False),
    'persistent workers': dict(workers=2, persistent=True),
}


@pytest.fixture
def stop(ranks, tmp_path):
    """Stop a training on so many ranks; gives its logs when it has ended in time."""

    def run(num_ranks, way, loader='persistent workers', during='train', **job):
        job |= dict(way=way, during=during, rank=num_ranks - 1)
        (tmp_path / 'job.json').write_text(json.dumps(job | LOADERS[loader]))
        logs = ranks(SCRIPT, 'train', tmp_path, num_ranks * [CODES[way]])['logs']
        asked = float((tmp_path / 'asked').read_text())
        assert time.time() - asked < SECONDS
        return logs

    return run


@pytest.fixture
def preempted(tmp_path):
    """Factory of the checkpoint that SIGTERM asks for."""
    path = tmp_path / 'work_dir/preempted.pth'
    return lambda: torch.load(path, weights_only=True)


@pytest.mark.parametrize('way', CODES)
@pytest.mark.parametrize('loader', LOADERS)
def test_training_ends_in_time_with_its_code(stop, way, loader):
    stop(1, way, loader)


@pytest.mark.parametrize('way', ['SIGINT', 'an exception'])
def test_training_ends_in_time_during_validation(stop, way):
    stop(1, way, during='val')


@pytest.mark.parametrize('loader', LOADERS)
def test_validation_is_broken_off_and_the_epoch_kept(stop, preempted, loader):
    stop(1, 'SIGTERM', loader, 'val')
    checkpoint = preempted()
    assert (checkpoint['meta']['epoch'], checkpoint['meta']['iter']) == (1, 4)
    assert 'mid_epoch' not in checkpoint


def test_weights_that_a_validation_has_lent_are_put_back(stop, preempted, tmp_path):
    stop(1, 'SIGTERM', 'no workers', 'val', hooks=[dict(type='EMAHook')])
    checkpoint = preempted()
    before = torch.load(tmp_path / 'work_dir/epoch_1.pth', weights_only=True)
    for name, own in (('state_dict', ''), ('ema_state_dict', 'module.')):
        weight = f'{own}linear.weight'
        assert torch.equal(checkpoint[name][weight], before[name][weight])


@pytest.mark.parametrize('loader', ['workers', 'persistent workers'])
def test_signal_to_all_processes_waits_for_the_checkpoint(stop, preempted, loader):
    stop(1, 'SIGTERM', loader, group=True)
    assert preempted()['meta']['iter'] == 4


@pytest.mark.parametrize('way', ['SIGTERM', 'SIGINT'])
def test_training_ends_in_time_with_workers_that_hear_no_signal(stop, way):
    stop(1, way, group=True, deaf=True)


def test_training_ends_in_time_beside_an_idle_pool(stop):
    stop(1, 'SIGTERM', pool=True)


@pytest.mark.parametrize('way', CODES)
def test_two_ranks_end_in_time_with_its_code(stop, way):
    # Ctrl-C reaches both, and what ends one of them ends the other.
    logs = stop(2, way, group=way == 'SIGINT')
    if way == 'an exception':
        assert 'something is wrong' in logs[1] and 'Connection' in logs[0]


def test_two_ranks_break_the_validation_off(stop, preempted):
    stop(2, 'SIGTERM', during='val')
    assert preempted()['meta']['iter'] == 2
