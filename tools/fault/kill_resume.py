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
import tempfile
from collections.abc import Sequence
from pathlib import Path

# Before torch is imported: see mmdet_sodgan.cli.main.
os.environ.setdefault('OMP_WAIT_POLICY', 'PASSIVE')

import torch
from mmengine.config import Config, DictAction
from torch import Tensor
from trial import Trial

import mmdet_sodgan.registration  # noqa: F401, for the parts of a config
from mmdet_sodgan.utils.provenance import provenance


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


def kill_and_resume(
    trial: Trial, moment: float, writing: int | None, expected: dict[str, Tensor]
) -> dict | None:
    """Kill one training, resume it and compare the weights.

    Args:
        trial (Trial): A trial that has not begun.
        moment (float): See :meth:`Trial.kill`.
        writing (int, optional): See there.
        expected (dict[str, Tensor]): Weights of the uninterrupted training.

    Returns:
        dict | None: What happened; None where the training was faster.
    """
    if not trial.kill(moment, writing):
        return None
    left = [path.stat().st_size for path in trial.temporaries()]
    saved, last = trial.newest()
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
    # This precedes any computation, as threads do not survive a fork.
    torch.set_num_threads(1)
    cfg = Config.fromfile(args.config)
    cfg.merge_from_dict(args.cfg_options)
    cfg.launcher = 'none'
    cfg.randomness = dict(seed=0)
    draw = random.Random(args.seed)
    # The commit is read now, as the source may change while this runs.
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
