"""Train and test one run of a benchmark and write its result file.

Started by run.py, one process a run.
"""

import argparse
import fcntl
import shutil
import sys
from pathlib import Path
from statistics import median_high
from typing import IO

from mmengine.runner import Runner

from mmdet_sodgan.apis import enable_safe_loading
from mmdet_sodgan.utils.keep_memory import keep_freed_memory
from mmdet_sodgan.utils.provenance import provenance

from . import results
from .settings import Run, run_config

#: Exit status where another process trains the run.
BUSY = 75


def prepare(run: Run, present: dict) -> dict:
    """Keep what an earlier process left in the work_dir, or clear it.

    Args:
        run (Run): Which.
        present (dict): As of :func:`results.inputs`, with the hash of the config.

    Returns:
        dict: What the weights are made of and with: inputs, libraries, hardware and
        every commit that has a part in them; also written to the work_dir.
    """
    stamp, now = results.read(run.stamp), provenance()
    # The test's annotations have no say in the weights.
    tested = dict(test=present['annotations']['test'])
    kept = stamp and stamp | dict(annotations=stamp['annotations'] | tested)
    if present.items() <= kept.items():
        commits = [*str(stamp['commit']).split(', '), str(now['commit'])]
        stamp['commit'] = ', '.join(dict.fromkeys(commits))
    else:
        shutil.rmtree(run.work_dir, ignore_errors=True)
        stamp = dict(**now, libraries=results.libraries())
    stamp |= present
    results.save(stamp, run.stamp)
    return stamp


def train(run: Run) -> None:
    """Train, or go on with what :func:`prepare` kept."""
    if run.checkpoint.is_file():
        return
    cfg = run_config(run)
    if (run.work_dir / 'last_checkpoint').is_file():
        # mmengine would resume from load_from, the teacher, if it is set.
        cfg.load_from, cfg.resume = None, True
    Runner.from_cfg(cfg).train()
    (run.work_dir / f'epoch_{run.epochs}.pth').replace(run.checkpoint)


def test(run: Run) -> dict:
    """'metrics', 'buckets' and 'parameters' of the weights at the end."""
    cfg = run_config(run)
    cfg.load_from = str(run.checkpoint)
    cfg.work_dir = str(run.work_dir / 'test')
    shutil.rmtree(cfg.work_dir, ignore_errors=True)
    runner = Runner.from_cfg(cfg)
    metrics = runner.test()
    (by_size,) = Path(cfg.work_dir).glob('*/bbox_size.json')
    return dict(
        metrics=metrics,
        buckets=results.read(by_size)['buckets'],
        parameters=sum(p.numel() for p in runner.model.parameters()),
    )


def alone(run: Run) -> IO:
    """A lock that keeps other processes from the run until it is closed.

    Raises:
        SystemExit: One has it; with the status BUSY, which run.py explains.
    """
    run.log.parent.mkdir(parents=True, exist_ok=True)
    lock = run.log.with_suffix('.lock').open('w')
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.close()
        sys.exit(BUSY)
    return lock


def write(run: Run) -> None:
    """Train and test one run; write its result and the config that it is of."""
    config = results.config_text(run)
    config_hash = results.short_hash(config.encode())
    stamp = prepare(run, results.inputs(run) | dict(config_hash=config_hash))
    train(run)
    tested = test(run)
    log = results.curves(run.work_dir)
    about = dict(label=run.spec['label'], config=run.spec['config'])
    result = run._asdict() | about | stamp
    result |= dict(
        iterations=log['train'][-1]['step'],
        median_iteration_seconds=median_high(log.pop('seconds')),
        **tested,
        curves=log,
    )
    kept = run.result.parent / 'configs' / f'{config_hash}.json'
    kept.parent.mkdir(parents=True, exist_ok=True)
    kept.write_text(config)
    results.save(result, run.result)


def main() -> None:
    """Train, test, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name in Run._fields:
        parser.add_argument(name, type=Run.__annotations__[name])
    parser.add_argument('--anew', action='store_true', help='forget result and weights')
    args = vars(parser.parse_args())
    anew, run = args.pop('anew'), Run(**args)
    keep_freed_memory()
    enable_safe_loading()
    with alone(run):
        if anew:
            # Interrupted, it goes on as a training that has not finished.
            run.result.unlink(missing_ok=True)
            run.stamp.unlink(missing_ok=True)
        write(run)


if __name__ == '__main__':
    main()
