"""Write one JSON of a finished run: figures, config, seed, commit, hardware."""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

from mmengine.config import Config

from mmdet_sodgan.utils.provenance import provenance


def parse_args(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('work_dir', type=Path, help='of a training that is finished')
    parser.add_argument('test_dir', type=Path, help='work_dir of its test')
    parser.add_argument('out', type=Path, help='JSON file to write')
    parser.add_argument('--note', default='', help='condition of the measurement')
    return parser.parse_args(argv)


def newest(folder: Path, pattern: str) -> Path:
    """Find the newest match of a pattern.

    Raises:
        SystemExit: There is none; names folder and pattern.
    """
    found = sorted(folder.glob(pattern), key=lambda path: path.stat().st_mtime)
    if not found:
        raise SystemExit(f'{folder} has no {pattern}: give the work_dir of a run.')
    return found[-1]


def summarise(work_dir: Path, test_dir: Path, note: str) -> dict:
    """Collect what the run's own files say.

    Args:
        work_dir (Path): The training's folder.
        test_dir (Path): The test's folder.
        note (str): Condition of the measurement.

    Returns:
        dict: Metrics in [0, 1], times in seconds.
    """
    log = newest(work_dir, '*/vis_data/scalars.json')
    steps = [row for row in map(json.loads, log.open()) if 'loss' in row]
    if not steps:
        raise SystemExit(f'{log} has no training step: give the work_dir of a run.')
    cfg_path = newest(work_dir, '*.py')
    cfg = Config.fromfile(cfg_path)
    metrics = json.loads(newest(test_dir, '*/[0-9]*.json').read_text())
    by_size = json.loads(newest(test_dir, '*/bbox_size.json').read_text())
    return dict(
        config=cfg_path.name,
        seed=cfg.randomness.seed,
        note=note,
        **provenance(),
        epochs=cfg.train_cfg.max_epochs,
        batch_size=cfg.train_dataloader.batch_size,
        train_annotations=cfg.train_dataloader.dataset.ann_file,
        iterations=max(row['step'] for row in steps),
        median_iteration_seconds=sorted(row['time'] for row in steps)[len(steps) // 2],
        metrics={k: v for k, v in metrics.items() if k.startswith('coco/')},
        buckets=by_size['buckets'],
    )


def main(argv: Sequence[str] | None = None) -> None:
    """Write the summary."""
    args = parse_args(argv)
    summary = summarise(args.work_dir, args.test_dir, args.note)
    args.out.parent.mkdir(parents=True, exist_ok=True)
    args.out.write_text(json.dumps(summary, indent=1) + '\n')


if __name__ == '__main__':
    main()
