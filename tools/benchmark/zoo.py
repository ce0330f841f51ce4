"""Parameters, GFLOPs and, on request, inference time of the configs of the zoo.

One random image of 640 x 640 px goes through each config's own test pipeline and
detector. Weights are random and no score is too low, so every detector has its full
number of proposals and detections.
Configs that have a result file of these settings are left out.
"""

import argparse
import timeit
from collections.abc import Iterator
from dataclasses import asdict
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from mmdet.apis import inference_detector
from mmengine.registry import DefaultScope

from mmdet_sodgan.apps.report.cost import cost_of_prediction

from .results import read
from .settings import ROOT, load_config
from .systems import Setting
from .work import build_model

RESULTS = ROOT / 'docs' / 'results' / 'zoo'
SIDE = 640


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add configs, and how often each is timed."""
    parser.add_argument('configs', nargs='*', type=Path, help='default: all')
    text = 'timed inferences (default: none)'
    parser.add_argument('--rounds', type=int, default=0, help=text)


def measure_config(path: Path, rounds: int, setting: Setting) -> dict:
    """A config's :class:`Cost`, and ``ms``, the median of the rounds."""
    cfg = load_config(path, {})
    # What runs on detections (masks, a second classifier) would have none: the
    # scores of random weights are low.
    cfg.model.test_cfg.get('rcnn', cfg.model.test_cfg)['score_thr'] = 0.0
    model = build_model(cfg, setting).eval()
    model.cfg = cfg
    image = np.random.default_rng(setting.seed).integers(
        0, 256, (SIDE, SIDE, 3), np.uint8
    )
    # It warms up, too.
    cost = cost_of_prediction(model, image)
    predict = partial(inference_detector, model, image)
    with DefaultScope.overwrite_default_scope('mmdet'):
        seconds = timeit.repeat(predict, number=1, repeat=rounds)
    return dict(
        config=str(path.relative_to(ROOT)),
        **asdict(cost),
        ms=1e3 * float(np.median(seconds)) if seconds else None,
        rounds=rounds,
    )


def measure(args: argparse.Namespace, setting: Setting) -> Iterator[tuple]:
    """Measure what has no result yet."""
    found = sorted((ROOT / 'configs').glob('*/*.py'))
    parts = '_base_', 'benchmarks'
    for path in args.configs or [x for x in found if x.parent.name not in parts]:
        path = path.resolve()
        kept = read((args.out or RESULTS) / f'{path.stem}.json')
        if kept and kept['rounds'] >= args.rounds:
            continue
        result = measure_config(path, args.rounds, setting)
        shown = ['parameters', 'gflops', 'ms']
        yield result, pd.DataFrame({path.stem: result}).loc[shown].T, f'zoo/{path.stem}'
