"""Ask a predictor many thousand times and watch memory and open files.

Requests are image files and arrays of mixed sizes; some are drawn, some are files
that are no images, some are videos. Weights are random. Ends with status 1 where
memory or the number of open files grew.

    python tools/benchmark/soak.py configs/sodgan/NAME.py --requests 10000
"""

import argparse
import os
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch
from matplotlib.figure import Figure
from process_memory import resident_kib
from soak_requests import ask, make_files, make_predictor
from systems import (
    FIGURES,
    ROOT,
    add_device_arguments,
    check_file,
    get_setting,
    header,
    positive,
    save,
    without_root,
)

from mmdet_sodgan.apis import Predictor

RESULTS = ROOT / 'docs' / 'results' / 'soak'
#: Shortest and longest side of the images in pixels.
SIDES = (32, 96)
#: Samples of memory and files in a run, about.
NUM_SAMPLES = 200
#: MiB by which the resident set may differ between the second and last quarter.
GROWTH_MIB = 16


def parse_args(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument('config', help='path of the config')
    parser.add_argument('--requests', type=positive, default=10000)
    parser.add_argument(
        '--sides',
        type=positive,
        nargs=2,
        default=SIDES,
        metavar=('MIN', 'MAX'),
        help='of the images, in pixels (default: %(default)s)',
    )
    parser.add_argument('--out', type=Path, help='JSON to write')
    parser.add_argument('--figure', type=Path, help='PNG to write')
    add_device_arguments(parser)
    args = parser.parse_args(argv)
    if args.sides[0] > args.sides[1]:
        parser.error('--sides: give MIN first; it must not be above MAX.')
    return args


def soak(
    predictor: Predictor,
    requests: int,
    seed: int,
    sides: tuple[int, int] = SIDES,
    after: Callable[[], object] = lambda: None,
) -> list[dict]:
    """Ask and sample.

    Args:
        predictor (Predictor): Is asked.
        requests (int): How many times.
        seed (int): Of the files and of their order.
        sides (tuple[int, int]): Shortest and longest of the images, in pixels.
        after (Callable): Called after each request.

    Returns:
        list[dict]: ``request`` (from 1), ``rss_kib`` and ``open_files``, about
        ``NUM_SAMPLES`` times.
    """
    rng, samples = np.random.default_rng(seed), []
    interval = max(1, requests // NUM_SAMPLES)
    with tempfile.TemporaryDirectory() as folder:
        files = make_files(Path(folder), sides, rng)
        for number in range(1, requests + 1):
            ask(predictor, files, number, rng)
            after()
            if number % interval == 0:
                # The listing itself is open while it is made.
                handles = len(os.listdir('/proc/self/fd')) - 1
                sample = dict(rss_kib=resident_kib(), open_files=handles)
                samples.append(dict(request=number, **sample))
            if number % 1000 == 0:
                print(samples[-1], flush=True)
    return samples


def growth(samples: Sequence[dict]) -> dict[str, float]:
    """Median of the last quarter less that of the second one, of each figure.

    The first quarter warms up: memory is kept for the largest image.
    """
    quarter = len(samples) // 4
    parts = samples[quarter : 2 * quarter], samples[-quarter:]
    return {
        key: float(np.subtract(*(np.median([x[key] for x in p]) for p in parts[::-1])))
        for key in ('rss_kib', 'open_files')
    }


def leaks(samples: Sequence[dict]) -> list[str]:
    """Say in a sentence each what grew; nothing if all is well."""
    grown, found = growth(samples), []
    if grown['rss_kib'] > GROWTH_MIB * 1024:
        found.append(f'Memory grew by {grown["rss_kib"] / 1024:.0f} MiB.')
    if grown['open_files'] > 0:
        found.append(f'Open files grew by {grown["open_files"]:.0f}.')
    return found


def draw(result: dict, path: Path) -> None:
    """Draw resident set and open files against the request."""
    samples = result['samples']
    numbers = [sample['request'] for sample in samples]
    figure = Figure(figsize=(7.5, 4.2), layout='constrained')
    upper, lower = figure.subplots(2, sharex=True)
    upper.plot(numbers, [sample['rss_kib'] / 1024 for sample in samples])
    upper.set_ylabel('resident set, MiB')
    lower.plot(numbers, [sample['open_files'] for sample in samples], color='C1')
    lower.set_ylabel('open files')
    lower.set_xlabel('request')
    for axis in (upper, lower):
        axis.set_ylim(bottom=0)
        axis.grid(alpha=0.3)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)


def main(argv: Sequence[str] | None = None) -> None:
    """Ask, judge, write, draw."""
    args = parse_args(argv)
    check_file(args.config, 'config')
    setting = get_setting(args, keep_memory=True)
    name = f'{Path(args.config).stem}_{args.device}'
    torch.manual_seed(args.seed)
    result = header('soak.py', argv, setting)
    with tempfile.TemporaryDirectory() as folder:
        predictor = make_predictor(args.config, args.device, Path(folder))
    start = time.perf_counter()
    samples = soak(predictor, args.requests, args.seed, args.sides)
    result |= dict(
        config=without_root(args.config),
        requests=args.requests,
        image_sides=args.sides,
        seconds=time.perf_counter() - start,
        growth=growth(samples),
        leaks=leaks(samples),
        samples=samples,
    )
    save(result, args.out or RESULTS / f'{name}.json')
    draw(result, args.figure or FIGURES / f'soak_{name}.png')
    print(result['growth'])
    if result['leaks']:
        raise SystemExit(' '.join(result['leaks']))


if __name__ == '__main__':
    main()
