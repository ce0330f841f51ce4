import multiprocessing
import os
import signal
import threading
import time
from types import SimpleNamespace

import pytest
import torch
from mmdet.registry import HOOKS
from mmengine.hooks import CheckpointHook, Hook
from mmengine.runner import EpochBasedTrainLoop, Runner

from mmdet_sodgan.engine.resume import AtomicCheckpointHook, preemption_hook
from mmdet_sodgan.engine.resume.preemption_hook import EXIT_CODE, PreemptionHook

# What has a say in the weights and random numbers: RoIs sampled, flips, schedules.
OPTIONS = {
    'train_cfg.val_begin': 10,
    'model.teacher.momentum': 0.2,
    'param_scheduler.0.end': 4,
    'default_hooks.checkpoint.max_keep_ckpts': 1,
}


@HOOKS.register_module()
class SignalHook(Hook):
    """Send SIGTERM to the own process in the middle of an iteration."""

    def __init__(self, iteration):
        self.iteration = iteration

    def before_train_iter(self, runner, batch_idx, data_batch=None):
        if runner.iter == self.iteration:
            os.kill(os.getpid(), signal.SIGTERM)


def final_state(folder):
    checkpoint = torch.load(folder / 'epoch_2.pth', weights_only=True)
    return checkpoint['state_dict'], checkpoint['optimizer']['generator']['state']


def assert_equal(ours, expected):
    torch.testing.assert_close(ours, expected, rtol=0, atol=0)


@pytest.fixture
def preempt(runner_cfg, train, tmp_path):
    """Train until SIGTERM comes in an iteration; return the checkpoint."""

    def run(name, iteration, options=None):
        cfg = runner_cfg(name, OPTIONS | (options or {}))
        cfg.custom_hooks.append(dict(type='SignalHook', iteration=iteration))
        before = signal.getsignal(signal.SIGTERM)
        with pytest.raises(SystemExit) as stopped:
            train(cfg)
        assert stopped.value.code == EXIT_CODE
        assert signal.getsignal(signal.SIGTERM) is before
        path = tmp_path / name / 'preempted.pth'
        assert (tmp_path / name / 'last_checkpoint').read_text() == str(path)
        return torch.load(path, weights_only=True)

    return run


def resume(runner_cfg, train, name, options):
    cfg = runner_cfg(name, OPTIONS | options)
    cfg.resume = True
    _, record = train(cfg)
    return len(record.losses)


def test_resumed_run_equals_the_uninterrupted_one_bit_for_bit(
    runner_cfg, train, preempt, tmp_path
):
    train(runner_cfg('uninterrupted', OPTIONS))
    expected = final_state(tmp_path / 'uninterrupted')
    for iteration, batches_done in ((3, 1), (2, 3)):  # the last one of an epoch
        name = f'preempted_{iteration}'
        checkpoint = preempt(name, iteration)
        assert checkpoint['meta']['iter'] == iteration + 1
        assert checkpoint['meta']['epoch'] == iteration // 3
        assert checkpoint['mid_epoch']['batches_done'] == batches_done
        assert resume(runner_cfg, train, name, {}) == 5 - iteration
        assert_equal(final_state(tmp_path / name), expected)


@pytest.mark.slow
def test_resumed_run_with_a_loader_process_equals_the_uninterrupted_one(
    runner_cfg, train, preempt, tmp_path
):
    options = {'train_dataloader.num_workers': 1}
    train(runner_cfg('uninterrupted', OPTIONS | options))
    preempt('preempted', 4, options)
    assert resume(runner_cfg, train, 'preempted', options) == 1
    assert_equal(
        final_state(tmp_path / 'preempted'), final_state(tmp_path / 'uninterrupted')
    )


def test_gradients_that_are_being_summed_are_waited_for(preempt):
    accumulating = {
        'optim_wrapper.accumulative_counts': 2,
        'optim_wrapper.discriminator.accumulative_counts': 2,
    }
    assert preempt('accumulated', 2, accumulating)['meta']['iter'] == 4


def test_another_number_of_batches_is_refused(runner_cfg, train, preempt):
    preempt('preempted', 3)
    cfg = runner_cfg('preempted', OPTIONS | {'train_dataloader.batch_size': 1})
    cfg.resume = True
    with pytest.raises(Exception, match='epoch of 3 batches in 1 processes .* has 6'):
        train(cfg)


def test_loop_that_cannot_go_on_inside_an_epoch_is_refused():
    loop = object.__new__(EpochBasedTrainLoop)
    runner = SimpleNamespace(hooks=[AtomicCheckpointHook()], train_loop=loop)
    with pytest.raises(ValueError, match="train_cfg.type='EpochBasedTrainLoop' cannot"):
        PreemptionHook().before_train(runner)


def test_saver_that_cannot_save_inside_an_epoch_is_refused():
    runner = SimpleNamespace(hooks=[CheckpointHook()])
    with pytest.raises(ValueError, match="default_hooks.checkpoint.type='Atomic"):
        PreemptionHook().before_train(runner)


def test_negative_interval_is_refused():
    with pytest.raises(ValueError, match='PreemptionHook.interval is -1'):
        PreemptionHook(interval=-1)


def test_interval_of_zero_switches_it_off():
    before = signal.getsignal(signal.SIGTERM)
    PreemptionHook(interval=0).before_train(SimpleNamespace(hooks=[]))
    assert signal.getsignal(signal.SIGTERM) is before


@pytest.mark.parametrize('name', ['train_dataloader', 'val_dataloader'])
def test_loader_processes_do_not_end_by_the_signal(runner_cfg, name):
    options = OPTIONS | {f'{name}.num_workers': 1}
    runner = Runner.from_cfg(runner_cfg('run', options))
    runner._train_loop = runner.build_train_loop(runner._train_loop)
    runner._val_loop = runner.build_val_loop(runner._val_loop)
    hook = next(h for h in runner.hooks if isinstance(h, PreemptionHook))
    hook.before_train(runner)
    try:
        batches = iter(getattr(runner, name))
        next(batches)  # The process has started.
        (worker,) = batches._workers
        os.kill(worker.pid, signal.SIGTERM)
        worker.join(0.5)
        assert worker.is_alive()
    finally:
        hook.after_train(runner)


def test_other_processes_that_are_forked_end_by_the_signal():
    hook = PreemptionHook()
    hook._before = signal.signal(signal.SIGTERM, hook._ask)
    try:
        context = multiprocessing.get_context('fork')
        started = context.Event()

        def wait():
            started.set()
            time.sleep(60)

        process = context.Process(target=wait)
        process.start()
        assert started.wait(60)
        process.terminate()
        process.join(10)
        assert process.exitcode == -signal.SIGTERM
    finally:
        process.kill()
        hook._restore()


def test_signal_that_torchrun_passes_on_as_well_counts_once():
    received = []
    before = signal.signal(signal.SIGTERM, lambda *_: received.append(1))
    try:
        hook = PreemptionHook()
        hook._before = signal.signal(signal.SIGTERM, hook._ask)
        for _ in range(3):
            os.kill(os.getpid(), signal.SIGTERM)
        assert hook.asked and not received
    finally:
        signal.signal(signal.SIGTERM, before)


def test_second_signal_ends_the_process_at_once(monkeypatch):
    monkeypatch.setattr(preemption_hook, 'REPEAT', 0)
    received = []
    before = signal.signal(signal.SIGTERM, lambda *_: received.append(1))
    try:
        hook = PreemptionHook()
        hook._before = signal.signal(signal.SIGTERM, hook._ask)
        os.kill(os.getpid(), signal.SIGTERM)
        assert hook.asked and not received
        os.kill(os.getpid(), signal.SIGTERM)
        assert received == [1]
    finally:
        signal.signal(signal.SIGTERM, before)


def test_outside_the_main_thread_it_says_that_it_is_off():
    before = signal.getsignal(signal.SIGTERM)
    said = []
    runner = SimpleNamespace(
        hooks=[AtomicCheckpointHook()],
        train_loop=None,
        logger=SimpleNamespace(warning=said.append),
    )
    thread = threading.Thread(target=PreemptionHook().before_train, args=(runner,))
    thread.start()
    thread.join()
    assert said == ['PreemptionHook is off: not in the main thread.']
    assert signal.getsignal(signal.SIGTERM) is before
