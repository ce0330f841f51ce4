"""Train and test one run of a benchmark and write its result file.

Started by run.py, one process a run.
"""

import argparse
import json
import os
import re
import shutil
from pathlib import Path

import torch
from code_version import code_version, current_version
from mmdet.registry import OPTIM_WRAPPER_CONSTRUCTORS
from mmengine.runner import Runner
from settings import ROOT, Run, data_version, run_config, settings_hash
from systems import save

from mmdet_sodgan.utils.provenance import provenance


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


def curves(work_dir: Path) -> dict[str, list]:
    """Losses (mean of twenty iterations) and validations from mmengine's logs.

    Args:
        work_dir (Path): Of the run; an interrupted one has several logs.

    Returns:
        dict[str, list]: 'train' and 'val' rows by step, seconds an iteration.
    """
    steps, validations = {}, {}
    for log in sorted(work_dir.glob('*/vis_data/scalars.json')):
        for row in map(json.loads, log.open()):
            if 'loss' in row:
                steps[row['step']] = row
            elif 'coco/bbox_mAP' in row:
                validations[row['step']] = row
    keys = re.compile('loss|^d_|grad_norm|^acc$')
    train = [
        {k: round(v, 5) for k, v in row.items() if k == 'step' or keys.search(k)}
        for _, row in sorted(steps.items())
    ]
    val = [
        {k: v for k, v in row.items() if k == 'step' or k.startswith('coco/')}
        for _, row in sorted(validations.items())
    ]
    return dict(train=train, val=val, seconds=[row['time'] for row in steps.values()])


def matches(run: Run, settings: str, data: dict[str, str]) -> dict | None:
    """The stamp of an earlier training by the present code, settings and data.

    Args:
        run (Run): Which.
        settings (str): Hash of its present settings.
        data (dict[str, str]): Hashes of its present annotations.

    Returns:
        dict | None: None where there is none, or of something else.
    """
    if not run.stamp.is_file():
        return None
    stamp = json.loads(run.stamp.read_text())
    same = stamp['settings'] == settings
    # The test has no say in the weights.
    same &= stamp.get('data', {}).get('train') == data['train']
    return stamp if same and stamp['code'] == current_version(stamp['code']) else None


def train(run: Run, settings: str, data: dict[str, str]) -> dict:
    """Train, or go on with an interrupted training of the same code.

    Args:
        run (Run): Which.
        settings (str): Hash of its settings.
        data (dict[str, str]): Hashes of its annotations.

    Returns:
        dict: Code version, commit and hardware that the weights come from.
    """
    stamp = matches(run, settings, data)
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
    runner = Runner.from_cfg(cfg)
    code = code_version(training_parts(runner))
    stamp = dict(settings=settings, code=code, data=data, **made_with)
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
    runner = Runner.from_cfg(cfg)
    metrics = runner.test()
    (by_size,) = Path(cfg.work_dir).glob('*/bbox_size.json')
    return dict(
        code=code_version(runner.test_evaluator.metrics),
        metrics=metrics,
        buckets=json.loads(by_size.read_text())['buckets'],
        parameters=sum(p.numel() for p in runner.model.parameters()),
    )


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
    settings, data = settings_hash(run), data_version(run)
    stamp = train(run, settings, data)
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
    result['data'] = data
    save(result, run.result)


if __name__ == '__main__':
    main()
