"""The runner of a config, and what commands change in the config before."""

import logging
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from mmdet.utils import setup_cache_size_limit_of_dynamo
from mmengine.config import Config, ConfigDict
from mmengine.logging import print_log
from mmengine.registry import RUNNERS
from mmengine.runner import Runner

from ..engine.resume.complete_checkpoint import find_complete_checkpoint
from ..engine.screen import QuietRunner
from ..engine.unwrap_model import unwrap_model
from ..utils.dist import start_cpu_process_group
from .checks import WeightsHook, allow_parts, check_agreement, check_presence
from .safe_loading import enable_safe_loading

AUTOCAST = 'AutocastOptimWrapper'
#: Keys of hooks that count epochs.
_HOOK_EPOCHS = ('switch_epoch', 'num_last_epochs', 'begin_epoch')
#: Keys of schedulers that count epochs or iterations, see their ``by_epoch``.
_SCHEDULER_STEPS = ('T_max', 'milestones', 'step_size', 'total_steps', 'periods')


def enable_amp(cfg: Config) -> None:
    """Make every optimizer wrapper of a config autocast to bfloat16.

    Args:
        cfg (Config): Its ``optim_wrapper`` is one, holds several by name, or
            both. Changed in place.

    Raises:
        SystemExit: If a wrapper is of a type of its own, whose work would be
            lost.
    """
    nested = (value for value in cfg.optim_wrapper.values() if isinstance(value, dict))
    wrappers = [w for w in (cfg.optim_wrapper, *nested) if 'optimizer' in w]
    for wrapper in wrappers:
        kind = wrapper.get('type', 'OptimWrapper')
        if kind not in ('OptimWrapper', AUTOCAST):
            raise SystemExit(
                f'--amp replaces OptimWrapper, and the config has {kind}: leave '
                f'--amp out, or set the type of the optimizer wrapper in the config.'
            )
        wrapper['type'] = AUTOCAST


def use_test_time_augmentation(cfg: Config) -> None:
    """Wrap the model and change the pipeline as the config says.

    Args:
        cfg (Config): Changed in place.

    Raises:
        SystemExit: If the config does not say.
    """
    missing = [key for key in ('tta_model', 'tta_pipeline') if key not in cfg]
    if missing:
        raise SystemExit(
            f'--tta needs {" and ".join(missing)} in the config: see '
            f'mmdet::retinanet/retinanet_tta.py for an example.'
        )
    cfg.model = ConfigDict(**cfg.tta_model, module=cfg.model)
    cfg.test_dataloader.dataset.pipeline = cfg.tta_pipeline


def set_resume(cfg: Config, checkpoint: str) -> None:
    """Make a config go on with an interrupted training.

    Args:
        cfg (Config): Changed in place. Where there is nothing to go on from, it
            stays as it is, with the teacher that its ``load_from`` may name.
        checkpoint (str): The file, or ``'auto'`` for the last complete one in
            the ``work_dir``.
    """
    found = (
        find_complete_checkpoint(cfg.work_dir) if checkpoint == 'auto' else checkpoint
    )
    if found is not None:
        cfg.resume, cfg.load_from = True, str(found)


def set_epochs(cfg: Config, epochs: int) -> None:
    """Shorten or lengthen a training, with all that counts its epochs.

    These are the validation interval, the interval of checkpoints, the schedulers,
    and hooks that act at an epoch. What counts iterations keeps its share of a
    shorter training; of a longer one a warm-up keeps its length.

    Args:
        cfg (Config): Changed in place.
        epochs (int): The new number.

    Raises:
        SystemExit: The config trains by iterations, or has a scheduler that does not
            follow a number of epochs.
    """
    loop = cfg.get('train_cfg') or {}
    if loop.get('max_epochs') is None:
        raise SystemExit(
            'The training counts iterations (train_cfg has no max_epochs), which '
            '--epochs cannot scale: set train_cfg.max_iters, train_cfg.val_interval '
            'and param_scheduler in the config.'
        )
    share = epochs / loop.max_epochs
    for scheduler in _schedulers(cfg.get('param_scheduler')):
        _scale_scheduler(scheduler, share)
    loop.max_epochs = epochs
    # The line of the configs that `sodgan init` writes.
    if 'max_epochs' in cfg:
        cfg.max_epochs = epochs
    _scale(loop, ('val_interval', 'val_begin'), share)
    if loop.get('dynamic_intervals'):
        loop.dynamic_intervals = [
            (_scaled(begin, share), _scaled(interval, share))
            for begin, interval in loop.dynamic_intervals
        ]
    saver = cfg.get('default_hooks', {}).get('checkpoint') or {}
    if saver.get('by_epoch', True):
        _scale(saver, ('interval',), share)
    for hook in cfg.get('custom_hooks') or []:
        _scale(hook, _HOOK_EPOCHS, share)


def _schedulers(value: Any) -> Iterator[dict]:
    """All schedulers: one, a list of them, or either by name of an optimizer."""
    if isinstance(value, list | tuple):
        for each in value:
            yield from _schedulers(each)
    elif isinstance(value, dict):
        if 'type' in value:
            yield value
        else:
            yield from _schedulers(list(value.values()))


def _scale_scheduler(scheduler: dict, share: float) -> None:
    kind = getattr(scheduler['type'], '__name__', scheduler['type'])
    # Without a scope, e.g. mmdet.
    kind = kind.rpartition('.')[2]
    if kind.startswith('ReduceOnPlateau'):
        raise SystemExit(
            f'The scheduler {kind} follows a score and not a number of epochs, which '
            '--epochs cannot scale: set train_cfg.max_epochs with --cfg-options.'
        )
    by_epoch = scheduler.get('by_epoch', True)
    if not by_epoch and kind.startswith(('Linear', 'Constant')):
        share = min(share, 1.0)
    if kind.startswith('Exponential'):
        scheduler['gamma'] **= 1 / share
    _scale(scheduler, _SCHEDULER_STEPS, share)
    if 'begin' in scheduler:
        scheduler['begin'] = round(scheduler['begin'] * share)
    if 'end' in scheduler:
        end = round(scheduler['end'] * share)
        scheduler['end'] = max(end, scheduler.get('begin', 0) + 1)


def _scale(holder: dict, keys: Iterable[str], share: float) -> None:
    """Scale what is there; 0 and negative numbers mean that something is off."""
    for key in keys:
        value = holder.get(key)
        if isinstance(value, list | tuple):
            holder[key] = [_scaled(each, share) for each in value]
        elif value is not None and value > 0:
            holder[key] = _scaled(value, share)


def _scaled(number: int, share: float) -> int:
    return max(1, round(number * share))


def build_runner(
    cfg: Config, stages: Sequence[str] = ('train', 'val'), quiet: bool = False
) -> Runner:
    """Build the runner that a config asks for, which loads checkpoints safely.

    Before it runs, the parts of the run that must agree are compared, see
    :func:`check_agreement` and :class:`WeightsHook`.

    Args:
        cfg (Config): The config.
        stages (Sequence[str]): Which of the config's data sets the run uses.
        quiet (bool): Whether the screen shows progress and scores, and MMEngine's log
            goes to its file alone; a runner of the config's own, ``runner_type``, is
            as it is. Defaults to False.

    Returns:
        Runner: The runner.

    Raises:
        AgreementError: Parts contradict each other; one sentence.
    """
    enable_safe_loading()
    setup_cache_size_limit_of_dynamo()
    start_cpu_process_group(cfg)
    # Before MMEngine, which shows the whole config.
    check_presence(cfg)
    allow_parts(cfg)
    kind = QuietRunner if quiet else Runner
    runner = RUNNERS.build(cfg) if 'runner_type' in cfg else kind.from_cfg(cfg)
    for sentence in check_agreement(cfg, unwrap_model(runner.model), stages):
        print_log(sentence, logger='current', level=logging.WARNING)
    runner.register_hook(WeightsHook(training='train' in stages))
    return runner
