"""The runner of a config, and what commands change in the config before."""

import logging
from collections.abc import Sequence

from mmdet.utils import setup_cache_size_limit_of_dynamo
from mmengine.config import Config, ConfigDict
from mmengine.logging import print_log
from mmengine.registry import RUNNERS
from mmengine.runner import Runner

from ..engine.resume.complete_checkpoint import find_complete_checkpoint
from ..engine.unwrap_model import unwrap_model
from ..utils.dist import start_cpu_process_group
from .checks import WeightsHook, check_agreement
from .safe_loading import enable_safe_loading

AUTOCAST = 'AutocastOptimWrapper'


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


def build_runner(cfg: Config, stages: Sequence[str] = ('train', 'val')) -> Runner:
    """Build the runner that a config asks for, which loads checkpoints safely.

    Before it runs, the parts of the run that must agree are compared, see
    :func:`check_agreement` and :class:`WeightsHook`.

    Args:
        cfg (Config): The config.
        stages (Sequence[str]): Which of the config's data sets the run uses.

    Returns:
        Runner: The runner.

    Raises:
        AgreementError: Parts contradict each other; one sentence.
    """
    enable_safe_loading()
    setup_cache_size_limit_of_dynamo()
    start_cpu_process_group(cfg)
    runner = RUNNERS.build(cfg) if 'runner_type' in cfg else Runner.from_cfg(cfg)
    for sentence in check_agreement(cfg, unwrap_model(runner.model), stages):
        print_log(sentence, logger='current', level=logging.WARNING)
    runner.register_hook(WeightsHook(training='train' in stages))
    return runner
