import atexit
import functools
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable

import torch
from mmdet.registry import HOOKS
from mmengine.dist import all_reduce, barrier, is_distributed
from mmengine.hooks import EMAHook, Hook
from mmengine.optim import OptimWrapper, OptimWrapperDict
from mmengine.runner import EpochBasedTrainLoop, Runner

from .atomic_checkpoint_hook import AtomicCheckpointHook
from .resumable_train_loop import ResumableTrainLoop

#: ``EX_TEMPFAIL`` of sysexits.h: nothing is wrong, try again later. A process that
#: SIGTERM ends outright has 143 in a shell, so the two can be told apart.
EXIT_CODE = 75

#: Seconds in which a second SIGTERM is taken for the first one.
REPEAT = 5.0


@HOOKS.register_module()
class PreemptionHook(Hook):
    """Save and exit when SIGTERM asks to, as a cluster does before it takes a node.

    The running iteration is finished, ``preempted.pth`` is written, and the
    process exits with code 75; ``--resume`` goes on with the next iteration. A
    second SIGTERM ends it at once, unless it comes within 5 s: where a cluster
    signals all processes of a job, torchrun passes its own on to them. With
    gradient accumulation it waits for the next update, as no checkpoint has
    half-summed gradients. A validation is broken off, and not made up for.

    Worker processes of the loaders do not end by the signal, as the iteration
    would fail without them. They end when this process does.

    Args:
        interval (int): Iterations, or batches of the validation, between which
            several processes tell each other; one alone does not wait. 0 switches
            the hook off (mmengine takes no None for a hook that is not its own).

    Raises:
        ValueError: ``interval`` is negative, or the run saves or loops in a way
            that could not go on from there.
    """

    # After every other hook has finished the iteration.
    priority = 'LOWEST'

    def __init__(self, interval: int = 10) -> None:
        if interval < 0:
            raise ValueError(
                f'PreemptionHook.interval is {interval}; it must be at least 1, or 0 '
                'to switch the hook off.'
            )
        self.interval = interval
        self.asked = False
        self._process = os.getpid()
        self._before = None
        self._asked_at = 0.0

    def before_train(self, runner: Runner) -> None:
        """Listen to SIGTERM, where Python lets us: in the main thread."""
        if self.interval == 0:
            return
        savers = [h for h in runner.hooks if isinstance(h, AtomicCheckpointHook)]
        if not savers:
            raise ValueError(
                'PreemptionHook saves through AtomicCheckpointHook and there is none; '
                "set default_hooks.checkpoint.type='AtomicCheckpointHook', or "
                'default_hooks.preemption.interval=0.'
            )
        loop = runner.train_loop
        if isinstance(loop, EpochBasedTrainLoop) and not isinstance(
            loop, ResumableTrainLoop
        ):
            raise ValueError(
                f"PreemptionHook stops inside an epoch and train_cfg.type='"
                f"{type(loop).__name__}' cannot go on there; set it to "
                "'ResumableTrainLoop', or default_hooks.preemption.interval=0."
            )
        self._saver = savers[0]
        if threading.current_thread() is not threading.main_thread():
            runner.logger.warning('PreemptionHook is off: not in the main thread.')
            return
        atexit.register(_end_workers)
        for one in filter(None, (loop, runner.val_loop)):
            loader = one.dataloader
            loader.worker_init_fn = functools.partial(
                _start_worker, init=loader.worker_init_fn
            )
        self._before = signal.signal(signal.SIGTERM, self._ask)

    def after_train(self, runner: Runner) -> None:
        """Stop listening."""
        self._restore()

    def after_train_iter(
        self, runner: Runner, batch_idx: int, data_batch=None, outputs=None
    ) -> None:
        """Save and exit, if asked to.

        Raises:
            SystemExit: With code 75.
        """
        if self._agreed(runner, runner.iter + 1):
            self._leave(runner, runner.iter + 1)

    def before_val(self, runner: Runner) -> None:
        """Agree on how many batches all processes have."""
        self._val_batches = len(runner.val_dataloader)
        if self._before is not None and is_distributed():
            fewest = torch.tensor(self._val_batches)
            all_reduce(fewest, 'min')
            self._val_batches = int(fewest)

    def after_val_iter(
        self, runner: Runner, batch_idx: int, data_batch=None, outputs=None
    ) -> None:
        """Save and exit, if asked to.

        Raises:
            SystemExit: With code 75.
        """
        if batch_idx >= self._val_batches or not self._agreed(runner, batch_idx + 1):
            return
        for hook in runner.hooks:
            # It has lent the average to the validation.
            if isinstance(hook, EMAHook):
                hook.after_val_epoch(runner)
        self._leave(runner, runner.iter)

    def _leave(self, runner: Runner, iterations: int) -> None:
        path = self._saver.save_preempted(runner, iterations)
        barrier()
        runner.logger.warning(
            f'SIGTERM: saved {path} after iteration {iterations}; --resume goes on '
            f'from there. Exit code {EXIT_CODE}.'
        )
        self._restore()
        raise SystemExit(EXIT_CODE)

    def _ask(self, *_) -> None:
        now = time.monotonic()
        if os.getpid() != self._process:
            # A forked process, as those of a metric's pool, has inherited this.
            self._end()
        elif not self.asked:
            self.asked, self._asked_at = True, now
        elif now - self._asked_at > REPEAT:
            self._end()

    def _end(self) -> None:
        self._restore()
        os.kill(os.getpid(), signal.SIGTERM)

    def _restore(self) -> None:
        if self._before is not None:
            signal.signal(signal.SIGTERM, self._before)
            self._before = None

    def _agreed(self, runner: Runner, count: int) -> bool:
        asked = self.asked
        if is_distributed() and self._before is not None:
            if count % self.interval:
                return False
            anyone = torch.tensor(float(asked))
            all_reduce(anyone, 'max')
            asked = bool(anyone)
        return asked and not _accumulates(runner.optim_wrapper)


def _accumulates(optim_wrapper: OptimWrapper | OptimWrapperDict) -> bool:
    wrappers = (
        optim_wrapper.values()
        if isinstance(optim_wrapper, OptimWrapperDict)
        else [optim_wrapper]
    )
    return not all(wrapper.should_update() for wrapper in wrappers)


def _end_workers() -> None:
    """End the loaders' workers, for which Python itself waits without limit.

    It is too late for torch: the collection of garbage at the end of a process
    group closes the queues first through which torch tells its workers to end, and
    torch then waits 5 s for each. They are killed, as a signal that Python handles
    can come just before a wait, and is then not seen before its end.
    """
    # torch raises an error where a signal has ended a worker.
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    for child in multiprocessing.active_children():
        # A pool ends its own, and waits for what a killed one may hold.
        if child.daemon and 'PoolWorker' not in child.name:
            child.kill()


def _start_worker(worker_id: int, init: Callable[[int], None] | None) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if init is not None:
        init(worker_id)
