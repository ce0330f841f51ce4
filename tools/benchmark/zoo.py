"""Parameters, GFLOPs and, on request, inference time of the configs of the zoo.

One random image of 640 x 640 px goes through each config's own test pipeline and
detector. Weights are random and no score is too low, so every detector has its full
number of proposals and detections.
Configs that have a result file of these settings are left out.
"""

import argparse
import json
import statistics
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from mmdet.apis import inference_detector
from mmdet.registry import MODELS
from mmengine.config import Config
from mmengine.model import revert_sync_batchnorm
from mmengine.registry import DefaultScope
from torch.utils.flop_counter import FlopCounterMode

from .settings import ROOT
from .systems import Setting
from .work import parameters

RESULTS = ROOT / 'docs' / 'results' / 'zoo'
SIDE = 640


def runnable_configs() -> list[Path]:
    """Every config that can be trained."""
    folder = ROOT / 'configs'
    parts = {*folder.glob('_base_/**/*.py'), *folder.glob('benchmarks/*.py')}
    return sorted({*folder.glob('**/*.py')} - parts)


def build(path: Path, setting: Setting) -> torch.nn.Module:
    """Detector of a config with random weights, as it is published."""
    torch.manual_seed(setting.seed)
    cfg = Config.fromfile(path)
    # What runs on detections (masks, a second classifier) would have none: the
    # scores of random weights are low.
    cfg.model.test_cfg.get('rcnn', cfg.model.test_cfg)['score_thr'] = 0.0
    # Without init_weights(), which would ask the network for weights.
    model = revert_sync_batchnorm(MODELS.build(cfg.model)).eval()
    model.cfg = cfg
    return model.to(setting.device)


def measure_config(path: Path, rounds: int, setting: Setting) -> dict:
    """Figures of one config.

    Args:
        path (Path): Of the config.
        rounds (int): Timed inferences, after one that does not count.
        setting (Setting): Of the command.

    Returns:
        dict: ``parameters`` of what is published, ``parameters_training``,
        ``gflops`` of torch's convolutions and matrix products (a multiply-add
        is 2; mmcv's operators, such as deformable convolutions, do not count),
        ``network_input``, (width, height) in pixels of what the backbone sees,
        and ``ms``, median of the rounds.
    """
    model = build(path, setting)
    image = np.random.default_rng(setting.seed).integers(
        0, 256, (SIDE, SIDE, 3), np.uint8
    )
    seen = []
    hook = model.backbone.register_forward_pre_hook(
        lambda module, inputs: seen.append(inputs[0].shape[:-3:-1])
    )
    with FlopCounterMode(display=False) as counter:
        inference_detector(model, image)
    hook.remove()
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        inference_detector(model, image)
        times.append(1e3 * (time.perf_counter() - start))
    return dict(
        config=str(path.relative_to(ROOT)),
        image=[SIDE, SIDE],
        network_input=[*seen[0]],
        **parameters(model),
        gflops=counter.get_total_flops() / 1e9,
        ms=statistics.median(times) if times else None,
        rounds=rounds,
    )


def measure(args: argparse.Namespace, setting: Setting) -> Iterator[tuple]:
    """Measure what has no result yet; as measure.py says."""
    for path in args.configs or runnable_configs():
        path = path.resolve()
        out = (args.out or RESULTS) / f'{path.stem}.json'
        if out.is_file() and json.loads(out.read_text())['rounds'] >= args.rounds:
            continue
        with DefaultScope.overwrite_default_scope('mmdet'):
            result = measure_config(path, args.rounds, setting)
        shown = ['parameters', 'gflops', 'ms']
        yield result, pd.DataFrame({path.stem: result}).loc[shown].T, out
