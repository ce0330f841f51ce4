"""Train on small random images and watch whether the memory of the process grows.

A run of mmengine's Runner with the config's own model, optimizer, schedule and
hooks, and with all parts of the GAN on from the first iteration. Only the data,
made in memory, and the length are other ones, and nothing is validated or saved.

    python tools/benchmark/memory.py configs/sodgan/NAME.py --iterations 2000
"""

import argparse
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from matplotlib.figure import Figure
from mmdet.registry import DATASETS, MODELS
from mmengine.config import Config
from mmengine.device import get_device
from mmengine.hooks import Hook
from mmengine.registry import DefaultScope
from mmengine.runner import Runner
from process_memory import resident_kib
from systems import (
    FIGURES,
    RESULTS,
    add_device_arguments,
    add_switch_arguments,
    check_file,
    get_setting,
    header,
    image_side,
    positive,
    save,
    without_root,
)
from workload import random_batch

from mmdet_sodgan.apis import enable_safe_loading
from mmdet_sodgan.apis.runner import enable_amp

#: Iterations before the first sample, and from one sample to the next.
WARM_UP, INTERVAL = 100, 20


@DATASETS.register_module(force=True)
class RandomImages(torch.utils.data.Dataset):
    """Images and boxes that follow from the index.

    Args:
        length (int): Number of images.
        side (int): Of the LR image, pixels.
        factor (int): Side of the images over ``side``.
        classes (int): Number of classes.
        seed (int): Of the first image.
    """

    def __init__(
        self, length: int, side: int, factor: int, classes: int, seed: int
    ) -> None:
        self.length, self.side, self.factor = length, side, factor
        self.classes, self.seed = classes, seed
        self.metainfo = {}

    def __len__(self) -> int:
        return self.length

    def __getitem__(self, index: int) -> dict:
        """One image ``(3, factor * side, factor * side)`` and its sample."""
        size = (self.side, self.side)
        batch = random_batch(size, 1, self.classes, self.seed + index, self.factor)
        return dict(inputs=batch['inputs'][0], data_samples=batch['data_samples'][0])


class MemoryHook(Hook):
    """Sample the memory of the process in training.

    Attributes:
        samples (list[dict]): ``iteration`` (from 1), ``rss_kib`` and, with
            CUDA, ``cuda_kib``, what torch has allocated on the GPU.
    """

    priority = 'LOWEST'

    def __init__(self) -> None:
        self.samples = []

    def after_train_iter(
        self, runner: Runner, batch_idx: int, data_batch=None, outputs=None
    ) -> None:
        """Take a sample at every ``INTERVAL``-th iteration after ``WARM_UP``."""
        iteration = batch_idx + 1
        if iteration < WARM_UP or (iteration - WARM_UP) % INTERVAL:
            return
        sample = dict(iteration=iteration, rss_kib=resident_kib())
        if next(runner.model.parameters()).is_cuda:
            sample['cuda_kib'] = torch.cuda.memory_allocated() / 1024
        self.samples.append(sample)
        if iteration % (10 * INTERVAL) == 0:
            print(f'{iteration} / {runner.max_iters}: {sample}', flush=True)


def parse_args(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument('config', help='path of the config')
    parser.add_argument('--iterations', type=positive, default=2000)
    parser.add_argument(
        '--side', type=image_side, default=64, help='of the LR image, pixels'
    )
    parser.add_argument('--batch', type=positive, default=2)
    parser.add_argument('--out', type=Path, help='JSON to write')
    parser.add_argument('--figure', type=Path, help='PNG to write')
    add_device_arguments(parser)
    add_switch_arguments(parser)
    args = parser.parse_args(argv)
    if args.iterations < WARM_UP + INTERVAL:
        parser.error(
            f'--iterations must be at least {WARM_UP + INTERVAL}, of which {WARM_UP} '
            'warm up'
        )
    return args


def prepare(args: argparse.Namespace, work_dir: str) -> Config:
    """The config as it is run here.

    Args:
        args (argparse.Namespace): Of the command.
        work_dir (str): For mmengine's logs.

    Returns:
        Config: Ready for mmengine's Runner.
    """
    cfg = Config.fromfile(args.config)
    if args.bf16:
        enable_amp(cfg)
    # Pretrained weights come from the network, and change no memory.
    cfg.model.backbone.init_cfg = None
    cfg.work_dir, cfg.log_level, cfg.load_from = work_dir, 'WARNING', None
    if cfg.model.get('hr_branch', {}).get('frozen'):
        # Whatever the teacher's weights are; it refuses to have none.
        cfg.load_from = f'{work_dir}/teacher.pth'
        with DefaultScope.overwrite_default_scope('mmdet'):
            torch.save(MODELS.build(cfg.model).state_dict(), cfg.load_from)
    cfg.randomness = dict(seed=args.seed)
    for split in ('val', 'test'):
        for key in ('cfg', 'dataloader', 'evaluator'):
            cfg[f'{split}_{key}'] = None
    # One long epoch, as schedules count in epochs and iterations.
    cfg.train_cfg = dict(type='EpochBasedTrainLoop', max_epochs=1)
    cfg.train_dataloader = dict(
        batch_size=args.batch,
        num_workers=0,
        sampler=dict(type='DefaultSampler', shuffle=False),
        dataset=dict(
            type='RandomImages',
            length=args.iterations * args.batch,
            side=args.side,
            factor=cfg.model.data_preprocessor.get('scale_factor', 2),
            classes=cfg.model.roi_head.bbox_head.num_classes,
            seed=args.seed,
        ),
    )
    cfg.default_hooks.checkpoint = None
    cfg.default_hooks.pop('preemption', None)  # has nothing to save with
    for hook in cfg.get('custom_hooks', []):
        if hook['type'] == 'AlternatingOptimHook':
            # A part that starts later would look as if memory grew.
            hook.update(
                reconstruction=[(0, 1)],
                adversarial=[(0, 1)],
                discriminator_span=(0, 1),
            )
    if args.channels_last:
        cfg.custom_hooks = [*cfg.get('custom_hooks', []), dict(type='ChannelsLastHook')]
    return cfg


def fit(samples: Sequence[dict]) -> dict[str, float]:
    """Least-squares slopes of all kinds of memory, KiB per iteration."""
    iterations = [sample['iteration'] for sample in samples]
    return {
        key: float(np.polyfit(iterations, [sample[key] for sample in samples], 1)[0])
        for key in samples[0]
        if key != 'iteration'
    }


def draw(result: dict, path: Path) -> None:
    """Draw all kinds of memory against the iteration."""
    samples = result['samples']
    names = dict(rss_kib='resident set', cuda_kib='CUDA, allocated')
    figure = Figure(figsize=(7.5, 4.2), layout='constrained')
    axis = figure.subplots()
    for key, slope in result['slopes_kib_per_iteration'].items():
        axis.plot(
            [sample['iteration'] for sample in samples],
            [sample[key] / 1024 for sample in samples],
            label=f'{names[key]}: {slope:+.2f} KiB per iteration',
        )
    axis.set_xlabel('iteration')
    axis.set_ylabel('MiB')
    axis.set_ylim(bottom=0)
    axis.set_title(Path(result['config']).stem, fontsize=9)
    axis.grid(alpha=0.3)
    axis.legend()
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)


def main(argv: Sequence[str] | None = None) -> None:
    """Train, fit, draw."""
    args = parse_args(argv)
    check_file(args.config, 'config')
    setting = get_setting(args)
    if not get_device().startswith(args.device):
        raise SystemExit(
            f'--device {args.device}: mmengine would train on {get_device()}; hide it '
            "with CUDA_VISIBLE_DEVICES='', or name it."
        )
    name = f'memory_{Path(args.config).stem}_{args.device}'
    out = args.out or RESULTS / f'{name}.json'
    figure = args.figure or FIGURES / f'{name}.png'
    result = dict(
        **header('memory.py', argv, setting),
        config=without_root(args.config),
        iterations=args.iterations,
        side=args.side,
        batch=args.batch,
    )
    with tempfile.TemporaryDirectory() as work_dir:
        enable_safe_loading()
        runner = Runner.from_cfg(prepare(args, work_dir))
        hook = MemoryHook()
        runner.register_hook(hook)
        runner.train()
    result |= dict(
        slopes_kib_per_iteration=fit(hook.samples),
        samples=hook.samples,
    )
    save(result, out)
    draw(result, figure)
    print(result['slopes_kib_per_iteration'], out, figure, sep='\n')


if __name__ == '__main__':
    main()
