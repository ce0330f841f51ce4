"""Train and test one run of a benchmark and write its result file.

Started by run.py, one process a run.
"""

import argparse
import contextlib
import json
import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import torch
from code_version import check_package, code_version, current_version
from curves import curves
from filelock import FileLock, Timeout
from mmdet.registry import OPTIM_WRAPPER_CONSTRUCTORS
from mmengine.runner import Runner
from settings import ROOT, Run, run_config
from systems import save
from teachers import inputs

from mmdet_sodgan.apis import enable_safe_loading
from mmdet_sodgan.utils.provenance import provenance

#: Exit status where another process trains the run.
BUSY = 75


def training_parts(runner: Runner) -> list[object]:
    """Everything whose class has a say in the weights.

    Args:
        runner (Runner): Before its training; its optim wrapper gets built, which
            ``train()`` would do at the same place and then takes as it is.
    """
    constructor = runner.optim_wrapper.get(
        'constructor', 'DefaultOptimWrapperConstructor'
    )
    optim = runner.optim_wrapper = runner.build_optim_wrapper(runner.optim_wrapper)
    dataset = runner.train_dataloader.dataset
    return [
        *runner.model.modules(),
        *runner.hooks,
        dataset,
        *dataset.pipeline.transforms,
        optim,
        *getattr(optim, 'optim_wrappers', {}).values(),
        OPTIM_WRAPPER_CONSTRUCTORS.get(constructor),
    ]


def matches(run: Run, present: dict) -> dict | None:
    """The stamp of an earlier training by the present code and all else.

    Args:
        run (Run): Which.
        present (dict): As of :func:`inputs`.

    Returns:
        dict | None: None where there is none, or of something else.
    """
    if not run.stamp.is_file():
        return None
    stamp = json.loads(run.stamp.read_text())
    same = all(stamp.get(key) == present[key] for key in ('settings', 'teacher'))
    # The test has no say in the weights.
    same &= stamp.get('data', {}).get('train') == present['data']['train']
    return stamp if same and stamp['code'] == current_version(stamp['code']) else None


def train(run: Run, present: dict) -> dict:
    """Train, or go on with an interrupted training of the same code.

    Args:
        run (Run): Which.
        present (dict): As of :func:`inputs`.

    Returns:
        dict: Inputs, code version, commit and hardware that the weights come from.
    """
    stamp = matches(run, present)
    if stamp is not None and run.checkpoint.is_file():
        return stamp
    cfg = run_config(run)
    if stamp is not None and (run.work_dir / 'last_checkpoint').is_file():
        # mmengine would resume from load_from, the teacher, if it is set.
        cfg.load_from, cfg.resume = None, True
    else:
        shutil.rmtree(run.work_dir, ignore_errors=True)
        run.work_dir.mkdir(parents=True)
    made_with = provenance()
    enable_safe_loading()
    runner = Runner.from_cfg(cfg)
    code = code_version(training_parts(runner))
    stamp = dict(**present, code=code, **made_with)
    run.stamp.write_text(json.dumps(stamp))
    runner.train()
    last = run.work_dir / f'epoch_{cfg.train_cfg.max_epochs}.pth'
    last.replace(run.checkpoint)
    return stamp


def test(run: Run) -> dict:
    """Test the last weights.

    Args:
        run (Run): Which; its training is finished.

    Returns:
        dict: 'code' of the metric, 'metrics', 'buckets', 'parameters'.
    """
    cfg = run_config(run)
    cfg.load_from = str(run.checkpoint)
    cfg.work_dir = str(run.work_dir / 'test')
    shutil.rmtree(cfg.work_dir, ignore_errors=True)
    enable_safe_loading()
    runner = Runner.from_cfg(cfg)
    metrics = runner.test()
    (by_size,) = Path(cfg.work_dir).glob('*/bbox_size.json')
    return dict(
        code=code_version(runner.test_evaluator.metrics),
        metrics=metrics,
        buckets=json.loads(by_size.read_text())['buckets'],
        parameters=sum(p.numel() for p in runner.model.parameters()),
    )


@contextlib.contextmanager
def alone(run: Run) -> Iterator[None]:
    """See that no other process trains the same run.

    Args:
        run (Run): Which.

    Raises:
        SystemExit: One does; with the status BUSY, which run.py explains.
    """
    run.work_dir.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(run.work_dir.parent / f'{run.name}.lock')
    try:
        lock.acquire(timeout=0)
    except Timeout:
        sys.exit(BUSY)
    try:
        yield
    finally:
        lock.release()


def write(run: Run) -> None:
    """Train and test one run, and write its result.

    Args:
        run (Run): Which.
    """
    present = inputs(run)
    stamp = train(run, present)
    tested = test(run)
    log = curves(run.work_dir)
    result = dict(
        benchmark=run.benchmark,
        preset=run.preset,
        row=run.row,
        label=run.spec['label'],
        seed=run.seed,
        config=run.spec['config'],
        **stamp,
        epochs=run.epochs,
        iterations=log['train'][-1]['step'],
        median_iteration_seconds=sorted(log['seconds'])[len(log['seconds']) // 2],
        **{k: v for k, v in tested.items() if k != 'code'},
        curves=dict(train=log['train'], val=log['val']),
    )
    result['code'] = stamp['code'] | tested['code']
    # Weights of an earlier stamp may have been tested on other images since.
    result['data'] = present['data']
    save(result, run.result)


def main() -> None:
    """Train, test, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ('benchmark', 'preset', 'row'):
        parser.add_argument(name)
    parser.add_argument('seed', type=int)
    parser.add_argument('--threads', type=int, default=torch.get_num_threads())
    args = parser.parse_args()
    run = Run(args.benchmark, args.preset, args.row, args.seed)
    torch.set_num_threads(args.threads)
    os.chdir(ROOT)
    check_package()
    with alone(run):
        write(run)


if __name__ == '__main__':
    main()
