import signal
from pathlib import Path

import pytest
import torch
import torch.distributed as torch_dist
from mmengine.config import Config

from mmdet_sodgan.utils import dist

SCRIPT = Path(__file__).with_name('rank_faults.py')


@pytest.fixture
def no_cuda(monkeypatch):
    monkeypatch.setattr(torch.cuda, 'is_available', lambda: False)


def test_without_a_launcher_nothing_is_started(no_cuda):
    cfg = Config(dict(launcher='none'))
    dist.start_cpu_process_group(cfg)
    assert not torch_dist.is_initialized()
    assert 'model_wrapper_cfg' not in cfg


def test_with_cuda_mmengine_is_left_to_it(monkeypatch):
    monkeypatch.setattr(torch.cuda, 'is_available', lambda: True)
    cfg = Config(dict(launcher='pytorch'))
    dist.start_cpu_process_group(cfg)
    assert not torch_dist.is_initialized()
    assert 'model_wrapper_cfg' not in cfg


def test_group_ends_before_python_does(tmp_path):
    torch_dist.init_process_group(
        'gloo', init_method=f'file://{tmp_path}/store', rank=0, world_size=1
    )
    dist._end_process_group()
    assert not torch_dist.is_initialized()
    dist._end_process_group()  # also where a script has ended it itself


def test_two_cpu_processes_train_one_model(ranks, tmp_path):
    ranks(SCRIPT, 'unharmed', tmp_path)


def test_rank_whose_peer_is_killed_ends_with_an_error(ranks, tmp_path):
    result = ranks(SCRIPT, 'killed', tmp_path, codes=(1, -signal.SIGKILL))
    assert 'Connection' in result['logs'][0]


def test_rank_whose_peer_hangs_ends_after_the_timeout_of_the_config(ranks, tmp_path):
    codes = (1, -signal.SIGKILL)
    result = ranks(SCRIPT, 'stopped', tmp_path, codes=codes, grace=0)
    assert 5 <= result['seconds'][0] < 60
    assert 'Timed out' in result['logs'][0]


def test_sigterm_to_one_rank_stops_both_at_the_same_iteration(ranks, tmp_path):
    ranks(SCRIPT, 'preempted', tmp_path, codes=(75, 75))
    checkpoint = torch.load(tmp_path / 'work_dir/preempted.pth', weights_only=True)
    # The signal came in the fourth iteration, and they speak after every second.
    assert checkpoint['meta']['iter'] == 4
    assert len(checkpoint['mid_epoch']['random_states']) == 2
