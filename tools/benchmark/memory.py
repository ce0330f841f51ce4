"""Whether the memory of a training grows, on small random images.

A run of mmengine's Runner with the config's own model, optimizer, schedule and
hooks, and with all parts of the GAN on from the first iteration. Only the data,
made in memory, and the length are other ones, and nothing is validated or saved.
"""

import argparse
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from mmdet.registry import DATASETS, MODELS
from mmengine.config import Config
from mmengine.device import get_device
from mmengine.hooks import Hook
from mmengine.registry import DefaultScope
from mmengine.runner import Runner

from mmdet_sodgan.apis import enable_safe_loading
from mmdet_sodgan.apis.runner import enable_amp

from .peak_memory import resident_kib
from .systems import (
    FIGURES,
    RESULTS,
    Setting,
    check_file,
    draw_samples,
    without_root,
)
from .work import random_batch

#: Iterations before the first sample, and from one sample to the next.
WARM_UP, INTERVAL = 100, 20


@DATASETS.register_module(force=True)
class RandomImages(torch.utils.data.Dataset):
    """Images and boxes that follow from the index.

    Args:
        length (int): Number of images.
        seed (int): Of the first image.
        **kwargs: Further arguments of :func:`random_batch`.
    """

    def __init__(self, length: int, seed: int, **kwargs) -> None:
        self.length, self.seed, self.kwargs = length, seed, kwargs
        self.metainfo = {}

    def __len__(self) -> int:
        return self.length

    def __getitem__(self, index: int) -> dict:
        """One image ``(3, h, w)``, uint8, and its sample."""
        batch = random_batch(batch=1, seed=self.seed + index, **self.kwargs)
        return {key: value[0] for key, value in batch.items()}


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


def prepare(args: argparse.Namespace, work_dir: str) -> Config:
    """The config as mmengine's Runner runs it here.

    Args:
        args (argparse.Namespace): Of the command.
        work_dir (str): For mmengine's logs.
    """
    cfg = Config.fromfile(args.config)
    if args.bf16:
        enable_amp(cfg)
    # Pretrained weights come from the network, and change no memory.
    cfg.model.backbone.init_cfg = None
    cfg.work_dir, cfg.log_level, cfg.load_from = work_dir, 'WARNING', None
    if cfg.model.get('teacher', {}).get('frozen'):
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
            seed=args.seed,
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
    if args.channels_last:
        cfg.custom_hooks = [*cfg.get('custom_hooks', []), dict(type='ChannelsLastHook')]
    return cfg


def fit(samples: pd.DataFrame) -> dict[str, float]:
    """Least-squares slopes of all kinds of memory, KiB per iteration."""
    slopes, _ = np.polyfit(samples.index, samples, 1)
    return dict(zip(samples, slopes.tolist(), strict=True))


def measure(args: argparse.Namespace, setting: Setting) -> Iterator[tuple]:
    """Train, fit and draw; as measure.py says.

    Raises:
        SystemExit: There is no such file or device, or the run is too short.
    """
    check_file(args.config, 'config')
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
    with tempfile.TemporaryDirectory() as work_dir:
        enable_safe_loading()
        runner = Runner.from_cfg(prepare(args, work_dir))
        hook = MemoryHook()
        runner.register_hook(hook)
        runner.train()
    samples = pd.DataFrame(hook.samples).set_index('iteration')
    stem = f'memory_{Path(args.config).stem}_{args.device}'
    draw_samples(samples, args.figure or FIGURES / f'{stem}.png')
    result = dict(config=without_root(args.config), iterations=args.iterations)
    result |= dict(side=args.side, batch=args.batch)
    result |= dict(slopes_kib_per_iteration=fit(samples), samples=hook.samples)
    table = pd.DataFrame({'KiB per iteration': fit(samples)})
    yield result, table, args.out or RESULTS / f'{stem}.json'
