import json
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
import torch
import torch.distributed as torch_dist
from mmengine.config import Config

from mmdet_sodgan.utils import dist


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


def test_launcher_that_needs_cuda_is_named(no_cuda):
    with pytest.raises(SystemExit, match='launcher slurm needs CUDA'):
        dist.start_cpu_process_group(Config(dict(launcher='slurm')))


def test_group_ends_before_python_does(tmp_path):
    torch_dist.init_process_group(
        'gloo', init_method=f'file://{tmp_path}/store', rank=0, world_size=1
    )
    dist._end_process_group()
    assert not torch_dist.is_initialized()
    dist._end_process_group()  # also where a script has ended it itself


@pytest.mark.slow
def test_two_cpu_processes_train_one_model(tmp_path):
    """Parameters stay equal though each process has data of its own."""
    script = tmp_path / 'train.py'
    script.write_text(
        textwrap.dedent("""
        import torch
        import torch.distributed as torch_dist
        from mmengine.config import Config
        from mmengine.model import BaseModel
        from mmengine.runner import Runner
        from mmengine.registry import MODELS
        from mmdet_sodgan.utils.dist import start_cpu_process_group

        @MODELS.register_module()
        class Line(BaseModel):
            def __init__(self):
                super().__init__()
                self.linear = torch.nn.Linear(1, 1)

            def forward(self, inputs, mode):
                return dict(loss=self.linear(torch.stack(inputs)).square().mean())

        def main():
            cfg = Config(dict(
                launcher='pytorch',
                model=dict(type='Line'),
                work_dir='work_dir',
                train_dataloader=dict(
                    dataset=[dict(inputs=torch.ones(1) * i) for i in range(8)],
                    batch_size=2,
                    num_workers=0,
                    sampler=dict(type='DefaultSampler', shuffle=False),
                ),
                train_cfg=dict(by_epoch=True, max_epochs=2),
                optim_wrapper=dict(optimizer=dict(type='SGD', lr=0.01)),
                default_scope='mmengine',
            ))
            start_cpu_process_group(cfg)
            runner = Runner.from_cfg(cfg)
            runner.train()
            weight = runner.model.module.linear.weight.detach()
            weights = [torch.zeros_like(weight) for _ in range(2)]
            torch_dist.all_gather(weights, weight)
            assert torch_dist.get_world_size() == 2
            assert torch.equal(*weights), weights
            open(f'done_{torch_dist.get_rank()}', 'w').close()

        main()
        """)
    )
    done = subprocess.run(
        [
            *(sys.executable, '-m', 'torch.distributed.run', '--standalone'),
            *('--nproc-per-node=2', script),
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / 'done_0').exists() and (tmp_path / 'done_1').exists()


@pytest.fixture(scope='module')
def faults(tmp_path_factory):
    """How two processes ended when the second had a fault."""
    folder = tmp_path_factory.mktemp('faults')
    script = Path(__file__).with_name('failing_ranks.py')
    done = subprocess.run(
        [sys.executable, '-W', 'ignore', script, folder],
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert done.returncode == 0, done.stderr
    return json.loads((folder / 'faults.json').read_text()), folder, done.stderr


def test_rank_whose_peer_is_killed_ends_with_an_error(faults):
    results, _, errors = faults
    assert results['killed']['codes'] == [1, -signal.SIGKILL]
    assert 'Connection' in errors


def test_rank_whose_peer_hangs_ends_after_the_timeout_of_the_config(faults):
    results, _, errors = faults
    assert results['stopped']['codes'][0] == 1
    assert 5 <= results['stopped']['seconds'] < 60
    assert 'Timed out' in errors


def test_sigterm_to_one_rank_stops_both_at_the_same_iteration(faults):
    results, folder, _ = faults
    assert results['preempted']['codes'] == [75, 75]
    checkpoint = torch.load(folder / 'preempted/preempted.pth', weights_only=True)
    # The signal came in the fourth iteration, and they speak after every second.
    assert checkpoint['meta']['iter'] == 4
    assert len(checkpoint['mid_epoch']['random_states']) == 2
