"""Whether the memory of a training grows, on small random images.

A run of mmengine's Runner with the config's own model, optimizer, schedule and
hooks, and with all parts of the GAN on from the first iteration. Only the data,
made in memory, and the length are other ones, and nothing is validated or saved.
"""

import argparse
import tempfile
from collections.abc import Iterator

import numpy as np
import pandas as pd
import torch
from mmdet.registry import DATASETS
from mmengine.config import Config
from mmengine.device import get_device
from mmengine.hooks import Hook
from mmengine.runner import Runner

from mmdet_sodgan.apis import enable_safe_loading

from . import growth
from .systems import Setting, image_side, positive
from .work import build_model, random_batch

#: Iterations before the first sample, and from one sample to the next.
WARM_UP, INTERVAL = 100, 20


@DATASETS.register_module(force=True)
class RandomImages(torch.utils.data.Dataset):
    """As many images as asked for, each of :func:`random_batch` with its own seed.

    The seed is that of the first one; further arguments are those of the function.
    """

    metainfo = {}

    def __init__(self, length: int, seed: int, **kwargs) -> None:
        self.length, self.seed, self.kwargs = length, seed, kwargs

    def __len__(self) -> int:
        return self.length

    def __getitem__(self, index: int) -> dict:
        batch = random_batch(batch=1, seed=self.seed + index, **self.kwargs)
        return {key: value[0] for key, value in batch.items()}


class WatchHook(Hook):
    """Shows a :class:`Watch` every iteration, counted from 1."""

    priority = 'LOWEST'

    def __init__(self, watch: growth.Watch) -> None:
        self.watch = watch

    def after_train_iter(self, runner, batch_idx, data_batch=None, outputs=None):
        """Let it take a sample."""
        self.watch(batch_idx + 1)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add config, figure, length and sizes."""
    growth.add_arguments(parser)
    add = parser.add_argument
    add('--iterations', type=positive, default=2000)
    add('--side', type=image_side, default=64, help='LR image, pixels')
    add('--batch', type=positive, default=2)


def prepare(args: argparse.Namespace, setting: Setting, work_dir: str) -> Config:
    """The config as mmengine's Runner runs it here, with its logs in ``work_dir``."""
    cfg = Config.fromfile(args.config)
    # Pretrained weights come from the network, and change no memory.
    cfg.model.backbone.init_cfg = None
    cfg.work_dir, cfg.log_level, cfg.load_from = work_dir, 'WARNING', None
    if cfg.model.get('teacher', {}).get('frozen'):
        # Whatever the teacher's weights are; it refuses to have none.
        cfg.load_from = f'{work_dir}/teacher.pth'
        torch.save(build_model(cfg, setting).state_dict(), cfg.load_from)
    cfg.randomness = dict(seed=setting.seed)
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
            seed=setting.seed,
            size=(args.side, args.side),
            factor=cfg.model.data_preprocessor.get('scale_factor', 2),
            classes=cfg.model.roi_head.bbox_head.num_classes,
        ),
    )
    cfg.default_hooks.checkpoint = None
    cfg.default_hooks.pop('preemption', None)  # has nothing to save with
    for hook in cfg.get('custom_hooks', []):
        if hook['type'] == 'GANScheduleHook':
            # A part that starts later would look as if memory grew.
            at_once = [(0, 1)]
            hook.update(reconstruction=at_once, adversarial=at_once)
            hook.update(discriminator_span=(0, 1))
    return cfg


def fit(samples: pd.DataFrame) -> dict[str, float]:
    """Least-squares slopes of all kinds of memory, KiB per iteration."""
    memory = samples.filter(like='_kib')
    slopes, _ = np.polyfit(samples.index, memory, 1)
    return dict(zip(memory, slopes.tolist(), strict=True))


def measure(args: argparse.Namespace, setting: Setting) -> Iterator[tuple]:
    """Train, fit and draw.

    Raises:
        SystemExit: There is no such file or device, or the run is too short.
    """
    stem = f'memory_{growth.find_stem(args)}'
    if args.iterations < WARM_UP + INTERVAL:
        raise SystemExit(
            f'--iterations must be at least {WARM_UP + INTERVAL}, of which {WARM_UP} '
            'warm up.'
        )
    if not get_device().startswith(setting.device):
        raise SystemExit(
            f'--device {setting.device}: mmengine would train on {get_device()}; hide '
            "it with CUDA_VISIBLE_DEVICES='', or name it."
        )
    watch = growth.Watch('iteration', WARM_UP, INTERVAL)
    with tempfile.TemporaryDirectory() as work_dir:
        enable_safe_loading()
        runner = Runner.from_cfg(prepare(args, setting, work_dir))
        runner.register_hook(WatchHook(watch))
        runner.train()
    found = dict(iterations=args.iterations, side=args.side, batch=args.batch)
    found['slopes_kib_per_iteration'] = slopes = fit(watch.samples)
    result = growth.finish(args, watch, stem, **found)
    yield result, pd.DataFrame({'KiB per iteration': slopes}), f'cost/{stem}'
