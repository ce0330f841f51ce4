"""What one of two processes does; see ``ranks.py``.

Both train one model, on one process each. In the fourth iteration the second gets
a signal.
"""

import os
import signal
from pathlib import Path

import torch
import torch.distributed as torch_dist
from mmdet.registry import MODELS
from mmengine.config import Config
from mmengine.hooks import Hook
from mmengine.model import BaseModel
from mmengine.runner import Runner

import mmdet_sodgan.registration  # noqa: F401
from mmdet_sodgan.utils.dist import start_cpu_process_group

TIMEOUT = 5  # seconds


@MODELS.register_module()
class Line(BaseModel):
    def __init__(self):
        super().__init__()
        self.linear = torch.nn.Linear(1, 1)

    def forward(self, inputs, mode):
        return dict(loss=self.linear(torch.stack(inputs)).square().mean())


class FaultHook(Hook):
    """Send the second process a signal in the fourth iteration."""

    def __init__(self, number):
        self.number = number

    def before_train_iter(self, runner, batch_idx, data_batch=None):
        if self.number and runner.rank == 1 and runner.iter == 3:
            os.kill(os.getpid(), self.number)


def train(folder, number):
    cfg = Config(
        dict(
            launcher='pytorch',
            model=dict(type='Line'),
            work_dir=str(folder / 'work_dir'),
            train_dataloader=dict(
                dataset=[dict(inputs=torch.ones(1) * i) for i in range(40)],
                batch_size=2,
                num_workers=0,
                sampler=dict(type='DefaultSampler', shuffle=False),
            ),
            train_cfg=dict(type='ResumableTrainLoop', max_epochs=1),
            optim_wrapper=dict(optimizer=dict(type='SGD', lr=0.01)),
            default_hooks=dict(
                checkpoint=dict(type='AtomicCheckpointHook', interval=1),
                preemption=dict(type='PreemptionHook', interval=2),
            ),
            env_cfg=dict(dist_cfg=dict(timeout=TIMEOUT)),
            default_scope='mmdet',
        )
    )
    start_cpu_process_group(cfg)
    runner = Runner.from_cfg(cfg)
    runner.register_hook(FaultHook(number))
    runner.train()
    return runner


def killed(folder: Path, rank: int) -> None:
    """The second process is killed."""
    train(folder, signal.SIGKILL)


def stopped(folder: Path, rank: int) -> None:
    """The second process hangs."""
    train(folder, signal.SIGSTOP)


def preempted(folder: Path, rank: int) -> None:
    """The second process is told to end."""
    train(folder, signal.SIGTERM)


def unharmed(folder: Path, rank: int) -> None:
    """Nothing happens; each process has data of its own."""
    runner = train(folder, None)
    weight = runner.model.module.linear.weight.detach()
    weights = [torch.zeros_like(weight) for _ in range(2)]
    torch_dist.all_gather(weights, weight)
    assert torch_dist.get_world_size() == 2
    assert torch.equal(*weights), weights
