"""A training of a line that something stops; see ``ranks.py``."""

import json
import multiprocessing
import os
import signal
import time
from pathlib import Path

import torch
from mmdet.registry import METRICS, MODELS
from mmengine.config import Config
from mmengine.evaluator import BaseMetric
from mmengine.hooks import Hook
from mmengine.model import BaseModel
from mmengine.registry import FUNCTIONS
from mmengine.runner import Runner

from mmdet_sodgan.apis.runner import build_runner
from mmdet_sodgan.cli import main

# Of an epoch, or of one that nobody waits for.
FEW, MANY = 4, 2000


@MODELS.register_module()
class StoppedLine(BaseModel):
    def __init__(self):
        super().__init__()
        self.linear = torch.nn.Linear(1, 1)

    def forward(self, inputs, mode):
        loss = self.linear(torch.stack(inputs)).square().mean()
        return dict(loss=loss) if mode == 'loss' else [loss]


class StopHook(Hook):
    """Do what the job says in the last batch of a few."""

    def __init__(self, job):
        self.job = job

    def before_train_iter(self, runner, batch_idx, data_batch=None):
        self._stop('train', batch_idx, runner.rank)

    def before_val_iter(self, runner, batch_idx, data_batch=None):
        self._stop('val', batch_idx, runner.rank)

    def _stop(self, during, batch_idx, rank):
        if self.job['way'] == 'the end':
            return
        if (during, batch_idx) != (self.job['during'], FEW - 1):
            return
        way, group = self.job['way'], self.job.get('group')
        if rank != self.job['rank'] and not group:
            return
        Path('asked').write_text(str(time.time()))
        if way == 'an exception':
            raise ValueError('something is wrong')
        # A terminal's, and many a cluster's, goes to all processes of all ranks.
        (os.killpg if group else os.kill)(
            0 if group else os.getpid(), getattr(signal, way)
        )

    def after_train(self, runner):
        Path('asked').write_text(str(time.time()))


@METRICS.register_module()
class NoMetric(BaseMetric):
    def process(self, data_batch, data_samples):
        self.results.append(0)

    def compute_metrics(self, results):
        return {}


@FUNCTIONS.register_module()
def deaf_worker(worker_id, **_):
    # As one is that a signal reaches just before it waits.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})


def loader(batches, job):
    deaf = dict(worker_init_fn=dict(type='deaf_worker')) if job.get('deaf') else {}
    return dict(
        dataset=[dict(inputs=torch.ones(1) * i) for i in range(batches)],
        batch_size=1,
        num_workers=job['workers'],
        persistent_workers=job['persistent'],
        sampler=dict(type='DefaultSampler', shuffle=False),
        **deaf,
    )


def make_runner(folder: Path, job: dict) -> Runner:
    batches = dict(train=FEW, val=FEW)
    if job['way'] != 'the end':
        batches[job['during']] = MANY
    cfg = Config(
        dict(
            launcher='pytorch' if 'RANK' in os.environ else 'none',
            model=dict(type='StoppedLine'),
            work_dir=str(folder / 'work_dir'),
            train_dataloader=loader(batches['train'], job),
            val_dataloader=loader(batches['val'], job),
            val_evaluator=dict(type='NoMetric'),
            val_cfg=dict(),
            train_cfg=dict(type='ResumableTrainLoop', max_epochs=2),
            optim_wrapper=dict(optimizer=dict(type='SGD', lr=0.01)),
            default_hooks=dict(
                checkpoint=dict(type='AtomicCheckpointHook', interval=1),
                preemption=dict(type='PreemptionHook', interval=2),
            ),
            custom_hooks=job.get('hooks', []),
            env_cfg=dict(dist_cfg=dict(timeout=60)),
            default_scope='mmdet',
        )
    )
    runner = build_runner(cfg)
    runner.register_hook(StopHook(job))
    return runner


def train(folder: Path, rank: int) -> None:
    """What ``sodgan train`` does."""
    job = json.loads((folder / 'job.json').read_text())
    # As a metric may keep one; it lives as long as the process.
    train.pool = multiprocessing.Pool(1) if job.get('pool') else None
    main.run(lambda: make_runner(folder, job).train())
