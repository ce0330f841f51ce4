"""Kill a training at random moments, resume it, and compare the final weights.

Every second kill waits until a checkpoint is being written. Trainings run in
processes forked from this one, so that each starts at once.

    python tools/fault/kill_resume.py configs/sodgan/NAME.py --kills 20 \\
        --cfg-options train_cfg.max_epochs=3 train_cfg.val_interval=3
"""

import argparse
import json
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import torch
from mmengine.config import Config, DictAction
from mmengine.hooks import Hook
from torch import Tensor

import mmdet_sodgan  # noqa: F401, registers the modules
from mmdet_sodgan.utils.cli import build_runner, set_resume
from mmdet_sodgan.utils.complete_checkpoint import find_complete_checkpoint
from mmdet_sodgan.utils.provenance import provenance


class _StartHook(Hook):
    """Write down with which iteration a training begins."""

    def before_train(self, runner) -> None:
        Path(runner.work_dir, 'start.txt').write_text(str(runner.iter))


def parse_args(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument('config', help='path of the config; make its training short')
    parser.add_argument('--kills', type=int, default=20)
    parser.add_argument('--seed', type=int, default=0, help='of the moments')
    parser.add_argument(
        '--slow-disk',
        type=float,
        default=0,
        metavar='SECONDS',
        help='let each fsync take so much longer, so that small files are hit too',
    )
    parser.add_argument('--out', type=Path, help='JSON file of the results')
    parser.add_argument('--cfg-options', nargs='+', action=DictAction, default={})
    return parser.parse_args(argv)


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

    def start(self) -> int:
        """Begin, or resume, in a new process.

        Returns:
            int: Its id, and that of its group.
        """
        pid = os.fork()
        if pid:
            return pid
        code = 1
        try:
            os.setsid()
            log = os.open(self.work_dir / 'log.txt', os.O_WRONLY | os.O_CREAT)
            os.lseek(log, 0, os.SEEK_END)
            os.dup2(log, 1)
            os.dup2(log, 2)
            self._train()
            code = 0
        finally:
            sys.stdout.flush()
            os._exit(code)

    def _train(self) -> None:
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
            SystemExit: It failed; names its log.
        """
        begun = time.monotonic()
        _, status = os.waitpid(self.start(), 0)
        if status:
            raise SystemExit(
                f'A training failed ({status}); its output is in '
                f'{self.work_dir / "log.txt"}.'
            )
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
        pid = self.start()
        seen, waiting, since = 0, writing is not None, time.monotonic()
        present = False
        while waiting or time.monotonic() - since < moment:
            if os.waitpid(pid, os.WNOHANG)[0]:
                return False
            if waiting:
                before, present = present, bool(self.temporaries())
                if present and not before:
                    waiting, since = seen < writing, time.monotonic()
                    seen += 1
            time.sleep(2e-4)
        os.killpg(pid, signal.SIGKILL)
        return os.waitpid(pid, 0)[1] == signal.SIGKILL

    def temporaries(self) -> list[Path]:
        """What a write in progress has, or a killed one has left."""
        return list(self.work_dir.glob('*.pth.tmp'))

    def weights(self) -> dict[str, Tensor]:
        """Everything of the last checkpoint that is a tensor, by its path."""
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


def kill_and_resume(
    trial: Trial, moment: float, writing: int | None, expected: dict[str, Tensor]
) -> dict | None:
    """Kill one training, resume it, compare.

    Args:
        trial (Trial): Not begun.
        moment (float): See :meth:`Trial.kill`.
        writing (int, optional): See there.
        expected (dict[str, Tensor]): Weights of the uninterrupted training.

    Returns:
        dict | None: What happened; None where the training was faster.
    """
    if not trial.kill(moment, writing):
        return None
    left = [path.stat().st_size for path in trial.temporaries()]
    last = find_complete_checkpoint(trial.work_dir)
    saved = 0 if last is None else torch.load(last, weights_only=True)['meta']['iter']
    trial.finish()
    weights = trial.weights()
    return dict(
        moment='random' if writing is None else 'while a checkpoint is written',
        seconds=round(moment, 3),
        temporary_bytes=left[0] if left else None,
        last_checkpoint=last and last.name,
        resumed_from_it=int((trial.work_dir / 'start.txt').read_text()) == saved,
        temporary_left_at_the_end=bool(trial.temporaries()),
        weights_equal=weights.keys() == expected.keys()
        and all(torch.equal(weights[key], expected[key]) for key in weights),
    )


def main(argv: Sequence[str] | None = None) -> None:
    """Kill, resume, compare and write.

    Raises:
        SystemExit: A resumed training did not end with the same weights.
    """
    args = parse_args(argv)
    # Before any computation: threads do not survive a fork.
    torch.set_num_threads(1)
    cfg = Config.fromfile(args.config)
    cfg.merge_from_dict(args.cfg_options)
    cfg.launcher = 'none'
    cfg.randomness = dict(seed=0)
    draw = random.Random(args.seed)
    # Now, as the source may change while this runs.
    made_with, kills = provenance(), []
    with tempfile.TemporaryDirectory() as folder:
        reference = Trial(cfg, Path(folder, 'uninterrupted'), args.slow_disk)
        seconds = reference.finish()
        expected = reference.weights()
        reference.remove()
        while len(kills) < args.kills:
            writing = None
            moment = draw.uniform(0, seconds)
            if len(kills) % 2:
                writing = draw.randrange(cfg.train_cfg.max_epochs)
                moment = draw.uniform(0, args.slow_disk or 0.1)
            trial = Trial(cfg, Path(folder, 'killed'), args.slow_disk)
            done = kill_and_resume(trial, moment, writing, expected)
            trial.remove()
            if done is not None:
                kills.append(done)
                print(json.dumps(done), flush=True)
    result = dict(
        config=args.config,
        cfg_options=args.cfg_options,
        seed=args.seed,
        slow_disk=args.slow_disk,
        uninterrupted_seconds=round(seconds, 1),
        tensors_compared=len(expected),
        kills=kills,
        **made_with,
    )
    if args.out is not None:
        args.out.parent.mkdir(parents=True, exist_ok=True)
        args.out.write_text(json.dumps(result, indent=1) + '\n')
    wrong = [k for k in kills if not (k['weights_equal'] and k['resumed_from_it'])]
    if wrong:
        raise SystemExit(f'{len(wrong)} of {len(kills)} resumed trainings differ.')


if __name__ == '__main__':
    main()
