"""Whether memory and open files grow where a predictor is asked again and again.

Requests are image files and arrays of mixed sizes; some are drawn, some are files
that are no images, some are videos. Weights are random. Ends with status 1 where
memory or the number of open files grew.
"""

import argparse
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import torch
from mmengine.config import Config

from mmdet_sodgan.apis import Predictor
from mmdet_sodgan.apis.sources import Video

from . import growth
from .systems import Setting, positive
from .work import build_model

#: Image files that are asked for, and samples in a run, about.
NUM_FILES, NUM_SAMPLES = 40, 200
#: Each so many-th request is drawn, is no image, is a video.
DRAWN, BROKEN, VIDEO = 20, 25, 100
#: MiB by which the resident set may differ between the second and last quarter.
GROWTH_MIB = 16


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add config, figure, number of requests and sizes of the images."""
    growth.add_arguments(parser)
    parser.add_argument('--requests', type=positive, default=10000)
    sides = dict(type=positive, nargs=2, metavar=('MIN', 'MAX'), default=(32, 96))
    text = 'of the images, pixels (default: 32 96)'
    parser.add_argument('--sides', **sides, help=text)


def make_predictor(config: str, setting: Setting, folder: Path) -> Predictor:
    """A predictor of the config with random weights, which lie in the folder."""
    cfg = Config.fromfile(config)
    for step in cfg.test_dataloader.dataset.pipeline:
        if step['type'] == 'Resize':
            # The detector shall see sizes as mixed as those of the files.
            step.pop('scale', None)
            step['scale_factor'] = 1.0
    classes = [str(i) for i in range(cfg.model.roi_head.bbox_head.num_classes)]
    weights = dict(state_dict=build_model(cfg, setting).state_dict())
    weights['meta'] = dict(dataset_meta=dict(classes=classes))
    torch.save(weights, folder / 'random.pth')
    return Predictor(cfg, folder / 'random.pth', device=setting.device)


def make_files(folder: Path, sides: tuple[int, int], rng: np.random.Generator) -> dict:
    """Write ``images`` and ``broken`` files and a ``video``; sides in pixels."""

    def noise(height: int, width: int) -> np.ndarray:
        return rng.integers(0, 256, (height, width, 3), dtype=np.uint8)

    images = [folder / f'{i}.{"jpg" if i % 2 else "png"}' for i in range(NUM_FILES)]
    for path in images:
        cv2.imwrite(str(path), noise(*rng.integers(*sides, 2, endpoint=True)))
    # One that is text, one whose pixels end in the middle.
    broken = [folder / 'text.png', folder / 'half.png']
    broken[0].write_text('no image')
    whole = images[0].read_bytes()
    broken[1].write_bytes(whole[: len(whole) // 2])
    video, codec = folder / 'clip.mkv', cv2.VideoWriter_fourcc(*'mp4v')
    writer = cv2.VideoWriter(str(video), codec, 10.0, (64, 48))
    for _ in range(3):
        writer.write(noise(48, 64))
    writer.release()
    return dict(images=images, broken=broken, video=video)


def ask(
    predictor: Predictor, files: dict, number: int, rng: np.random.Generator
) -> None:
    """Make the request of this number, from 1.

    Raises:
        RuntimeError: A broken file was predicted.
    """
    if number % BROKEN == 0:
        path = rng.choice(files['broken'])
        try:
            predictor(path)
        except ValueError:
            return
        raise RuntimeError(f'{path} was predicted, and is broken.')
    if number % VIDEO == VIDEO // 2:
        frames = Video(files['video'], predictor.max_pixels)
        list(predictor.stream((('frame', frame) for frame in frames), batch_size=2))
        return
    path = rng.choice(files['images'])
    if number % 2:
        predictor(path)
        return
    image = predictor.load(path)
    sample = predictor(image)
    if number % DRAWN == 0:
        # Random weights find a hundred boxes, which take a second to draw.
        sample.pred_instances = sample.pred_instances[:3]
        predictor.draw(image, sample, score_thr=0.0)


def judge(samples: pd.DataFrame) -> tuple[dict[str, float], list[str]]:
    """Median of the last quarter less that of the second one, of each figure.

    The first quarter warms up: memory is kept for the largest image. Behind them
    stands a sentence on each that is growth.
    """
    quarter = len(samples) // 4
    second, last = samples[quarter : 2 * quarter], samples[-quarter:]
    grown, leaks = (last.median() - second.median()).to_dict(), []
    if grown['rss_kib'] > GROWTH_MIB * 1024:
        leaks.append(f'Memory grew by {grown["rss_kib"] / 1024:.0f} MiB.')
    if grown['open_files'] > 0:
        leaks.append(f'Open files grew by {grown["open_files"]:.0f}.')
    return grown, leaks


def measure(args: argparse.Namespace, setting: Setting) -> Iterator[tuple]:
    """Ask, draw and judge.

    Raises:
        SystemExit: There is no such file, sides are in the wrong order, or something
            grew.
    """
    stem = growth.find_stem(args)
    if args.sides[0] > args.sides[1]:
        raise SystemExit('--sides: give MIN first; it must not be above MAX.')
    rng = np.random.default_rng(setting.seed)
    every = max(1, args.requests // NUM_SAMPLES)
    watch = growth.Watch('request', every, every)
    with tempfile.TemporaryDirectory() as folder:
        predictor = make_predictor(args.config, setting, Path(folder))
        files = make_files(Path(folder), args.sides, rng)
        start = time.perf_counter()
        for number in range(1, args.requests + 1):
            ask(predictor, files, number, rng)
            watch(number)
        seconds = time.perf_counter() - start
    grown, leaks = judge(watch.samples)
    found = dict(requests=args.requests, image_sides=[*args.sides], seconds=seconds)
    found |= dict(growth=grown, leaks=leaks)
    result = growth.finish(args, watch, f'soak_{stem}', **found)
    yield result, pd.DataFrame(dict(growth=grown)), f'soak/{stem}'
    if leaks:
        raise SystemExit(' '.join(leaks))
