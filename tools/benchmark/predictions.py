"""Whether memory and open files grow where a predictor is asked again and again.

Requests are image files and arrays of mixed sizes; some are drawn, some are files
that are no images, some are videos. Weights are random. Ends with status 1 where
memory or the number of open files grew.
"""

import argparse
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import psutil
import torch
from mmdet.registry import DATASETS
from mmengine.registry import DefaultScope

from mmdet_sodgan.apis import Predictor
from mmdet_sodgan.apis.sources import Video

from .peak_memory import resident_kib
from .systems import (
    FIGURES,
    ROOT,
    Setting,
    System,
    check_file,
    draw_samples,
    without_root,
)
from .work import build

RESULTS = ROOT / 'docs' / 'results' / 'soak'
#: Image files that are asked for, and samples in a run, about.
NUM_FILES, NUM_SAMPLES = 40, 200
#: Each so many-th request is drawn, is no image, is a video.
DRAWN, BROKEN, VIDEO = 20, 25, 100
#: MiB by which the resident set may differ between the second and last quarter.
GROWTH_MIB = 16


def make_predictor(config: str, setting: Setting, folder: Path) -> Predictor:
    """A predictor of the config with random weights, which lie in the folder."""
    model, cfg = build(System('', str(Path(config).resolve()), {}, None), setting)
    for step in cfg.test_dataloader.dataset.pipeline:
        if step['type'] == 'Resize':
            # The detector shall see sizes as mixed as those of the files.
            step.pop('scale', None)
            step['scale_factor'] = 1.0
    with DefaultScope.overwrite_default_scope('mmdet'):
        dataset = dict(cfg.test_dataloader.dataset, lazy_init=True)
        classes = DATASETS.build(dataset).metainfo['classes']
    path, meta = folder / 'random.pth', dict(dataset_meta=dict(classes=classes))
    torch.save(dict(state_dict=model.state_dict(), meta=meta), path)
    return Predictor(cfg, path, device=setting.device)


def make_files(
    folder: Path, sides: tuple[int, int], rng: np.random.Generator
) -> dict[str, list[Path]]:
    """Write ``images``, ``broken`` files and ``videos``; sides in pixels."""

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
    return dict(images=images, broken=broken, videos=[video])


def ask(
    predictor: Predictor,
    files: dict[str, list[Path]],
    number: int,
    rng: np.random.Generator,
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
        frames = Video(files['videos'][0], predictor.max_pixels)
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


def watch(request: Callable[[int], object], requests: int) -> pd.DataFrame:
    """Make the requests; resident set and open files, about ``NUM_SAMPLES`` times."""
    process, samples = psutil.Process(), []
    for number in range(1, requests + 1):
        request(number)
        if number % max(1, requests // NUM_SAMPLES) == 0:
            sample = dict(rss_kib=resident_kib(), open_files=process.num_fds())
            samples.append(dict(request=number) | sample)
        if number % 1000 == 0:
            print(samples[-1], flush=True)
    return pd.DataFrame(samples).set_index('request')


def growth(samples: pd.DataFrame) -> dict[str, float]:
    """Median of the last quarter less that of the second one, of each figure.

    The first quarter warms up: memory is kept for the largest image.
    """
    quarter = len(samples) // 4
    second, last = samples[quarter : 2 * quarter], samples[-quarter:]
    return (last.median() - second.median()).to_dict()


def leaks(samples: pd.DataFrame) -> list[str]:
    """Say in a sentence each what grew; nothing if all is well."""
    grown, found = growth(samples), []
    if grown['rss_kib'] > GROWTH_MIB * 1024:
        found.append(f'Memory grew by {grown["rss_kib"] / 1024:.0f} MiB.')
    if grown['open_files'] > 0:
        found.append(f'Open files grew by {grown["open_files"]:.0f}.')
    return found


def measure(args: argparse.Namespace, setting: Setting) -> Iterator[tuple]:
    """Ask, draw and judge; as measure.py says.

    Raises:
        SystemExit: There is no such file, sides are in the wrong order, or something
            grew.
    """
    check_file(args.config, 'config')
    if args.sides[0] > args.sides[1]:
        raise SystemExit('--sides: give MIN first; it must not be above MAX.')
    rng = np.random.default_rng(setting.seed)
    with tempfile.TemporaryDirectory() as folder:
        predictor = make_predictor(args.config, setting, Path(folder))
        files = make_files(Path(folder), args.sides, rng)
        start = time.perf_counter()
        samples = watch(lambda n: ask(predictor, files, n, rng), args.requests)
        seconds = time.perf_counter() - start
    stem = f'{Path(args.config).stem}_{args.device}'
    draw_samples(samples, args.figure or FIGURES / f'soak_{stem}.png')
    result = dict(config=without_root(args.config), requests=args.requests)
    result |= dict(image_sides=[*args.sides], seconds=seconds)
    result |= dict(growth=growth(samples), leaks=leaks(samples))
    result['samples'] = samples.reset_index().to_dict('records')
    table = pd.DataFrame(dict(growth=growth(samples)))
    yield result, table, args.out or RESULTS / f'{stem}.json'
    if result['leaks']:
        raise SystemExit(' '.join(result['leaks']))
