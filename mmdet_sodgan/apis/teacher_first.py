"""Training a config of a project: its teacher first, and never over a training."""

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from mmengine.config import Config

from ..engine.resume.complete_checkpoint import find_complete_checkpoint
from ..utils.errors import UserError
from ..utils.read_config import read_config
from .origin import check_origin

#: Seconds that the teacher's training has to end after Ctrl-C, which a terminal sends
#: to both processes.
_PATIENCE = 3.0


def ensure_teacher(cfg: Config, arguments: Sequence[str] = ()) -> None:
    """Train the teacher of a config, or go on with it, where its weights are missing.

    It is trained as its own config says; nothing of the config itself holds for it.

    Args:
        cfg (Config): A config with ``teacher``, a path relative to its own folder, and
            ``load_from``, the last checkpoint that the teacher's config writes.
        arguments (Sequence[str]): Further ones of ``sodgan train`` for the teacher.

    Raises:
        UserError: The two configs do not agree, or the teacher would have to be
            trained and there are several processes.
        SystemExit: The teacher's training ended early; with its exit code.
    """
    path = Path(cfg.filename).parent / cfg.teacher
    if not path.is_file():
        raise UserError(
            f"{cfg.filename} names teacher = '{cfg.teacher}' and there is no {path}: "
            'correct it, or set teacher = None to start from load_from as it is.'
        )
    teacher = read_config(path)
    teacher.setdefault('work_dir', str(Path('work_dirs', path.stem)))
    written = last_checkpoint(teacher)
    if Path(cfg.get('load_from') or '').resolve() != written.resolve():
        raise UserError(
            f'{cfg.filename} has load_from = {cfg.get("load_from")!r}, and its teacher '
            f"{path} writes '{written}': make the two agree, or set teacher = None to "
            'start from load_from as it is.'
        )
    if written.is_file():
        check_origin(written, teacher)
        return
    if cfg.launcher != 'none':
        raise UserError(
            f'The teacher {path} is not trained yet, and a launcher starts all '
            'processes at once: run the same command with it first.'
        )
    _say(f'Its teacher comes first: {path}')
    if 'teacher' not in teacher:
        # Without the key a training begins anew.
        arguments = (*arguments, '--cfg-options', 'teacher=None')
    train_in_process(path, arguments)
    if not written.is_file():
        raise UserError(f'The teacher {path} was trained and left no {written}.')
    _say(f'Now {cfg.filename}')


def train_in_process(config: Path, arguments: Sequence[str] = ()) -> None:
    """Run ``sodgan train`` in a process of its own, with the same terminal.

    So nothing of one training, its logger, its handlers of signals, is left for the
    next.

    Args:
        config (Path): The config.
        arguments (Sequence[str]): Further ones of the command.

    Raises:
        SystemExit: It ended early; with its exit code. It has said why.
    """
    command = [sys.executable, '-m', 'mmdet_sodgan.cli.main', 'train', str(config)]
    code = _run([*command, *arguments])
    if code:
        raise SystemExit(code)


def go_on(cfg: Config) -> bool:
    """Make a config go on with its interrupted training.

    Args:
        cfg (Config): Changed in place where there is something to go on from.

    Returns:
        bool: Whether something is left to train.

    Raises:
        UserError: The work folder has a training of another length, data set, classes
            or start.
    """
    found = find_trained(cfg)
    if found is None:
        return True
    if found == last_checkpoint(cfg):
        _say(
            f'{cfg.filename} is trained: {found}\nTo train it anew, move '
            f'{cfg.work_dir} away or choose another folder with --work-dir.'
        )
        return False
    _say(f'The training was interrupted and goes on from {found}')
    cfg.resume, cfg.load_from = True, str(found)
    return True


def find_trained(cfg: Config) -> Path | None:
    """Find the end of a config's training, or else what it can go on from.

    Args:
        cfg (Config): The config, with ``work_dir``.

    Returns:
        Path | None: The checkpoint; None where nothing is trained.

    Raises:
        UserError: It is of a training of another length, data set, classes or start.
    """
    last = last_checkpoint(cfg)
    found = last if last.is_file() else find_complete_checkpoint(cfg.work_dir)
    if found is not None:
        check_origin(found, cfg)
    return found


def last_checkpoint(cfg: Config) -> Path:
    """Tell what a training leaves at its end.

    Args:
        cfg (Config): Its config, with ``work_dir``.

    Returns:
        Path: The checkpoint.
    """
    loop = cfg.train_cfg
    if loop.get('max_epochs') is not None:
        return Path(cfg.work_dir, f'epoch_{loop.max_epochs}.pth')
    return Path(cfg.work_dir, f'iter_{loop.max_iters}.pth')


def _say(text: str) -> None:
    # Once, where a launcher starts several processes.
    if os.environ.get('RANK', '0') == '0':
        print(text, flush=True)


def _run(command: list[str]) -> int:
    """Run a process that gets the signals of this one, and return its exit code."""
    with subprocess.Popen(command) as process:
        before = signal.signal(signal.SIGTERM, lambda *_: process.terminate())
        try:
            process.wait()
        except KeyboardInterrupt:
            try:
                process.wait(_PATIENCE)
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGINT)
                process.wait()
        finally:
            signal.signal(signal.SIGTERM, before)
    # As a shell counts what a signal ends.
    code = process.returncode
    return code if code >= 0 else 128 - code
