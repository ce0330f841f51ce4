"""Parameters, GFLOPs and, on request, inference time of the configs of the zoo.

One random image of 640 x 640 px goes through each config's own test pipeline and
detector. Weights are random and no score is too low, so every detector has its full
number of proposals and detections.
Configs that have a result file of these settings are left out.

    python tools/benchmark/zoo_cost.py                # all that are missing
    python tools/benchmark/zoo_cost.py configs/sodgan/NAME.py --rounds 5
"""

import argparse
import json
import statistics
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from mmdet.apis import inference_detector
from mmdet.registry import MODELS
from mmengine.config import Config
from mmengine.model import revert_sync_batchnorm
from mmengine.registry import DefaultScope
from settings import ROOT
from systems import positive, save
from torch.utils.flop_counter import FlopCounterMode
from workload import training_only

from mmdet_sodgan.utils.provenance import provenance

RESULTS = ROOT / 'docs' / 'results' / 'zoo'
SIDE = 640


def parse_args(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument('configs', nargs='*', type=Path, help='default: all')
    parser.add_argument(
        '--rounds',
        type=int,
        default=0,
        help='timed inferences, after one that does not count (default: none)',
    )
    parser.add_argument('--threads', type=positive, default=1)
    parser.add_argument('--out-dir', type=Path, default=RESULTS)
    return parser.parse_args(argv)


def runnable_configs() -> list[Path]:
    """Every config that can be trained."""
    folder = ROOT / 'configs'
    parts = {*folder.glob('_base_/**/*.py'), *folder.glob('benchmarks/*.py')}
    return sorted({*folder.glob('**/*.py')} - parts)


def build(path: Path) -> torch.nn.Module:
    """Detector of a config with random weights, as it is published."""
    torch.manual_seed(0)
    cfg = Config.fromfile(path)
    # What runs on detections (masks, a second classifier) would have none: the
    # scores of random weights are low.
    cfg.model.test_cfg.get('rcnn', cfg.model.test_cfg)['score_thr'] = 0.0
    # Without init_weights(), which would ask the network for weights.
    model = revert_sync_batchnorm(MODELS.build(cfg.model)).eval()
    model.cfg = cfg
    return model


def measure(path: Path, rounds: int) -> dict:
    """Figures of one config.

    Args:
        path (Path): Of the config.
        rounds (int): Timed inferences.

    Returns:
        dict: ``parameters`` of what is published, ``parameters_training``,
        ``gflops`` of torch's convolutions and matrix products (a multiply-add
        is 2; mmcv's operators, such as deformable convolutions, do not count),
        ``network_input``, (width, height) in pixels of what the backbone sees,
        and ``ms``, median of the rounds.
    """
    model = build(path)
    sizes = {name: p.numel() for name, p in model.named_parameters()}
    unused = training_only(model)
    published = [n for name, n in sizes.items() if name.split('.')[0] not in unused]
    image = np.random.default_rng(0).integers(0, 256, (SIDE, SIDE, 3), np.uint8)
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
        parameters=sum(published),
        parameters_training=sum(sizes.values()),
        gflops=counter.get_total_flops() / 1e9,
        ms=statistics.median(times) if times else None,
        rounds=rounds,
        seed=0,
        **provenance(),
    )


def main(argv: Sequence[str] | None = None) -> None:
    """Measure what has no result yet; each file is complete when written."""
    args = parse_args(argv)
    torch.set_num_threads(args.threads)
    for path in args.configs or runnable_configs():
        path = path.resolve()
        out = args.out_dir / f'{path.stem}.json'
        if out.is_file() and json.loads(out.read_text())['rounds'] >= args.rounds:
            continue
        with DefaultScope.overwrite_default_scope('mmdet'):
            result = measure(path, args.rounds)
        save(result, out)
        print(f'{path.stem}: {result["gflops"]:.1f} GFLOPs', flush=True)


if __name__ == '__main__':
    main()
