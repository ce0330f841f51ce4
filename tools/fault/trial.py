"""A training that is started, killed and resumed in processes of its own."""

import contextlib
import os
import shutil
import signal
import time
from collections.abc import Iterator
from multiprocessing import get_context
from multiprocessing.process import BaseProcess
from pathlib import Path

import torch
from mmengine.config import Config
from mmengine.hooks import Hook
from torch import Tensor

from mmdet_sodgan.apis.runner import build_runner, set_resume
from mmdet_sodgan.engine.resume.complete_checkpoint import find_complete_checkpoint


class _StartHook(Hook):
    """Write down with which iteration a training begins."""

    def before_train(self, runner) -> None:
        Path(runner.work_dir, 'start.txt').write_text(str(runner.iter))


class Trial:
    """One training in a folder of its own.

    Args:
        cfg (Config): What to train.
        work_dir (Path): The folder; made.
        slow_disk (float): Seconds that each fsync takes longer.
    """

    def __init__(self, cfg: Config, work_dir: Path, slow_disk: float) -> None:
        self.cfg = cfg
        self.work_dir = work_dir
        self.slow_disk = slow_disk
        work_dir.mkdir(parents=True)

    @contextlib.contextmanager
    def running(self) -> Iterator[BaseProcess]:
        """Begin, or resume, in a new process, and kill it and its own at the end."""
        process = get_context('fork').Process(target=self._train)
        process.start()
        try:
            yield process
        finally:
            if process.is_alive():
                # Before it leads a group, it has no process of its own either.
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                process.kill()
            process.join()

    def _train(self) -> None:
        os.setsid()
        with open(self.work_dir / 'log.txt', 'a') as log:
            os.dup2(log.fileno(), 1)
            os.dup2(log.fileno(), 2)
        fsync = os.fsync

        def slow_fsync(descriptor: int) -> None:
            fsync(descriptor)
            time.sleep(self.slow_disk)

        os.fsync = slow_fsync
        self.cfg.work_dir = str(self.work_dir)
        set_resume(self.cfg, 'auto')
        runner = build_runner(self.cfg)
        runner.register_hook(_StartHook())
        runner.train()

    def finish(self) -> float:
        """Run to the end.

        Returns:
            float: Seconds.

        Raises:
            SystemExit: It failed; with the last line of its log, as the folder goes.
        """
        begun = time.monotonic()
        with self.running() as process:
            process.join()
        if process.exitcode:
            log = (self.work_dir / 'log.txt').read_text().strip()
            raise SystemExit(f'A training failed: {log.splitlines()[-1]}')
        return time.monotonic() - begun

    def kill(self, moment: float, writing: int | None) -> bool:
        """Start, and kill with SIGKILL.

        Args:
            moment (float): Seconds from the start or, with ``writing``, from the
                appearance of a temporary file.
            writing (int, optional): The checkpoint, from 0, while which is
                written.

        Returns:
            bool: False where the training was faster.
        """
        seen, waiting, since = 0, writing is not None, time.monotonic()
        present = False
        with self.running() as process:
            while waiting or time.monotonic() - since < moment:
                if not process.is_alive():
                    return False
                if waiting:
                    before, present = present, bool(self.temporaries())
                    if present and not before:
                        waiting, since = seen < writing, time.monotonic()
                        seen += 1
                time.sleep(2e-4)
        return process.exitcode == -signal.SIGKILL

    def temporaries(self) -> list[Path]:
        """List the temporary files of a write in progress or of a killed one."""
        return list(self.work_dir.glob('*.pth.tmp'))

    def newest(self) -> tuple[int, Path | None]:
        """Find the checkpoint that training got furthest with, of those that load.

        Returns:
            tuple[int, Path | None]: Its iteration and file, not asked of the code
            that chooses one for a resume.
        """
        found = []
        for path in self.work_dir.glob('epoch_*.pth'):
            with contextlib.suppress(Exception):
                meta = torch.load(path, weights_only=True)['meta']
                found.append((meta['iter'], path))
        return max(found, default=(0, None))

    def weights(self) -> dict[str, Tensor]:
        """Collect every tensor of the last checkpoint, by its path."""
        checkpoint = find_complete_checkpoint(self.work_dir)
        loaded = torch.load(checkpoint, weights_only=True)
        return {
            f'{part}.{path}': tensor
            for part in ('state_dict', 'optimizer')
            for path, tensor in _tensors(loaded[part])
        }

    def remove(self) -> None:
        """Delete the folder."""
        shutil.rmtree(self.work_dir)


def _tensors(tree: dict | list | Tensor, path: str = '') -> list[tuple[str, Tensor]]:
    if isinstance(tree, Tensor):
        return [(path, tree)]
    items = tree.items() if isinstance(tree, dict) else enumerate(tree)
    return [
        found
        for key, value in items
        if isinstance(value, dict | list | Tensor)
        for found in _tensors(value, f'{path}.{key}')
    ]
