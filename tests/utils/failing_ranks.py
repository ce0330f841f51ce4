"""Two processes train one model, and one of them fails.

Usage: ``failing_ranks.py FOLDER``. For each fault two processes are forked; their
exit statuses and the seconds until the first one ended are written to FOLDER as
``faults.json``.
"""

import json
import os
import signal
import socket
import sys
import time
from pathlib import Path

import torch
from mmdet.registry import MODELS
from mmengine.config import Config
from mmengine.hooks import Hook
from mmengine.model import BaseModel
from mmengine.runner import Runner

import mmdet_sodgan.registration  # noqa: F401
from mmdet_sodgan.utils.dist import start_cpu_process_group

TIMEOUT = 5  # seconds
FAULTS = dict(killed=signal.SIGKILL, stopped=signal.SIGSTOP, preempted=signal.SIGTERM)


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
        if runner.rank == 1 and runner.iter == 3:
            os.kill(os.getpid(), self.number)


def train(work_dir, number):
    cfg = Config(
        dict(
            launcher='pytorch',
            model=dict(type='Line'),
            work_dir=str(work_dir),
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


def start(rank, port, work_dir, number):
    pid = os.fork()
    if pid:
        return pid
    os.environ |= dict(
        RANK=str(rank),
        LOCAL_RANK=str(rank),
        WORLD_SIZE='2',
        MASTER_ADDR='127.0.0.1',
        MASTER_PORT=str(port),
        GLOO_SOCKET_IFNAME='lo',
    )
    # As Python ends a process, but not the rest of this script.
    code = 1
    try:
        train(work_dir, number)
        code = 0
    except SystemExit as ended:
        code = ended.code
    except BaseException as error:  # noqa: BLE001, the other rank is told by the code
        print(repr(error), file=sys.stderr, flush=True)
    finally:
        os._exit(code)


def main(folder):
    torch.set_num_threads(1)
    results = {}
    for name, number in FAULTS.items():
        with socket.socket() as server:
            server.bind(('127.0.0.1', 0))
            port = server.getsockname()[1]
        ranks = [start(rank, port, folder / name, number) for rank in range(2)]
        begun = time.monotonic()
        _, first = os.waitpid(ranks[0], 0)
        seconds = time.monotonic() - begun
        if number == signal.SIGSTOP:
            os.kill(ranks[1], signal.SIGKILL)
        _, second = os.waitpid(ranks[1], 0)
        results[name] = dict(
            codes=[os.waitstatus_to_exitcode(status) for status in (first, second)],
            seconds=seconds,
        )
    (folder / 'faults.json').write_text(json.dumps(results))


if __name__ == '__main__':
    main(Path(sys.argv[1]))
