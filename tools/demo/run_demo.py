"""Train plain Faster R-CNN and SODGAN on synthetic small objects and compare.

Makes the data set, trains both at the same budget, tests both by object size,
prints one table and draws one figure. Everything lands in --out-dir.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from terminaltables import AsciiTable

ROOT = Path(__file__).resolve().parents[2]
MODELS = {
    'Faster R-CNN': 'configs/baselines/faster-rcnn_r18_fpn_small_synthetic.py',
    'SODGAN': 'configs/sodgan/sodgan-faster-rcnn_r18_fpn_small_synthetic.py',
}


def parse_args(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--out-dir', type=Path, default=ROOT / 'work_dirs' / 'demo')
    parser.add_argument('--num-train', type=int, default=240)
    parser.add_argument('--num-val', type=int, default=60)
    parser.add_argument('--epochs', type=int, default=5)
    parser.add_argument('--seed', type=int, default=0)
    return parser.parse_args(argv)


def run(tool: str, *arguments: str, log: Path) -> float:
    """Run a tool, show its progress, keep its whole output.

    Args:
        tool (str): 'train' or 'test'.
        *arguments (str): Arguments of the tool.
        log (Path): File for the whole output.

    Returns:
        float: Seconds.

    Raises:
        SystemExit: The tool failed; names the log.
    """
    command = [sys.executable, '-W', 'ignore', str(ROOT / 'tools' / f'{tool}.py')]
    start = time.perf_counter()
    with (
        log.open('w') as file,
        subprocess.Popen(
            [*command, *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as process,
    ):
        for line in process.stdout:
            file.write(line)
            if 'Epoch(' in line:
                print('   ', line[line.index('Epoch(') :].strip()[:140], flush=True)
    if process.returncode:
        raise SystemExit(f'tools/{tool}.py failed; its output is in {log}.')
    return time.perf_counter() - start


def train_and_test(name: str, config: str, args: argparse.Namespace) -> dict:
    """Train and test one model through the project's own tools.

    Returns:
        dict: ``config`` and ``checkpoint`` (names), ``train_seconds``,
        ``metrics`` and ``buckets``.
    """
    work_dir = args.out_dir / Path(config).stem
    work_dir.mkdir(parents=True, exist_ok=True)
    data = str(args.data_dir)
    options = [
        f'randomness.seed={args.seed}',
        f'train_cfg.max_epochs={args.epochs}',
        f'train_cfg.val_interval={args.epochs + 1}',
        f'param_scheduler.1.T_max={args.epochs}',
        'default_hooks.logger.interval=20',
        *(
            f'{split}_dataloader.dataset.data_root={data}'
            for split in ('train', 'val', 'test')
        ),
        *(
            f'{split}_evaluator.ann_file={data}/annotations/val.json'
            for split in ('val', 'test')
        ),
    ]
    config = str(ROOT / config)
    print(f'\n{name}: training, {args.epochs} epochs', flush=True)
    seconds = run(
        'train',
        *(config, '--work-dir', str(work_dir), '--cfg-options', *options),
        log=work_dir / 'train.log',
    )
    checkpoint = work_dir / f'epoch_{args.epochs}.pth'
    print(f'{name}: testing', flush=True)
    # The folder is its own, without the results of an earlier demo.
    test_dir = work_dir / 'test'
    shutil.rmtree(test_dir, ignore_errors=True)
    run(
        'test',
        *(config, str(checkpoint), '--work-dir', str(test_dir)),
        *('--cfg-options', *options),
        log=work_dir / 'test.log',
    )
    # mmengine's file and the size metric's are in the folder of the test's log.
    (metrics,) = test_dir.glob('*/[0-9]*.json')
    (by_size,) = test_dir.glob('*/bbox_size.json')
    return dict(
        config=Path(config).name,
        checkpoint=checkpoint.name,
        train_seconds=seconds,
        metrics=json.loads(metrics.read_text()),
        buckets=json.loads(by_size.read_text())['buckets'],
    )


def table(results: dict[str, dict]) -> str:
    """Lay both models out in a table, one row a model."""
    buckets = next(iter(results.values()))['buckets']
    spans = [f'AP {b["sides"][0]:.0f}-{b["sides"][1]:.0f} px' for b in buckets]
    header = ['', 'AP', *spans, 'params (M)', 'ms / image', 'train s']
    rows = [
        [
            name,
            f'{100 * result["metrics"]["coco/bbox_mAP"]:.1f}',
            *(f'{100 * bucket["AP"]:.1f}' for bucket in result['buckets']),
            f'{result["params"] / 1e6:.2f}',
            f'{result["ms_per_image"]:.0f}',
            f'{result["train_seconds"]:.0f}',
        ]
        for name, result in results.items()
    ]
    return AsciiTable([header, *rows]).table


def main(argv: Sequence[str] | None = None) -> None:
    """Run the demo."""
    args = parse_args(argv)
    args.out_dir = args.out_dir.resolve()
    args.out_dir.mkdir(parents=True, exist_ok=True)
    # Before torch is imported, and for the tools: see mmdet_sodgan.cli.main.
    os.environ.setdefault('OMP_WAIT_POLICY', 'PASSIVE')
    # Heavy imports after the arguments, so that --help is quick.
    from compare import compare

    from mmdet_sodgan.datasets.synthetic import generate
    from mmdet_sodgan.utils.provenance import provenance

    args.data_dir = args.out_dir / f'data_{args.num_train}_{args.num_val}_{args.seed}'
    generate(args.data_dir, args.num_train, args.num_val, seed=args.seed)
    results = {
        name: train_and_test(name, config, args) for name, config in MODELS.items()
    }
    print('\nTiming both, and drawing the figure', flush=True)
    figure = args.out_dir / 'demo.png'
    measured = compare(
        {name: ROOT / config for name, config in MODELS.items()},
        {
            name: args.out_dir / Path(config).stem / results[name]['checkpoint']
            for name, config in MODELS.items()
        },
        args.data_dir,
        figure,
    )
    for name, result in results.items():
        result.update(measured[name])
    summary = args.out_dir / 'demo.json'
    settings = {key: value for key, value in vars(args).items() if 'dir' not in key}
    summary.write_text(
        json.dumps(dict(**settings, **provenance(), results=results), indent=1) + '\n'
    )
    print(table(results))
    print(
        'AP in per cent over IoU 0.5 to 0.95; sizes in pixels of the high-resolution\n'
        'image, of which both see the half. Parameters without discriminator and\n'
        f'teacher, which testing does not need.\nFigure: {figure}\nFigures: {summary}'
    )


if __name__ == '__main__':
    main()
