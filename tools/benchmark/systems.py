"""The detectors that are measured, and under which conditions."""

import argparse
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

from .settings import ROOT, load_benchmark

#: Shortest and longest side of the objects, pixels of the LR image.
OBJECT_SIDES = (5, 16)


class System(NamedTuple):
    """A detector to measure."""

    name: str  # of the row
    config: str  # path, absolute or from the root of the repository
    cfg_options: dict  # laid over the config
    checkpoint: str | None = None  # path of the weights; random without


class Setting(NamedTuple):
    """What all measurements of a command have in common."""

    device: str  # 'cpu' or 'cuda'
    threads: int  # of torch
    seed: int  # of weights, images and boxes
    memory_kept: bool = False  # whether keep_freed_memory() has an effect
    images: tuple[str, ...] = ()  # paths, taken in turn; without any random pixels


def positive(text: str, least: int = 1) -> int:
    """Read a whole number."""
    if not text.isdigit() or int(text) < least:
        raise argparse.ArgumentTypeError(
            f'{text} is not a whole number of {least} or more'
        )
    return int(text)


#: Reads a side that the objects fit into.
image_side = partial(positive, least=OBJECT_SIDES[1])


def image_size(text: str) -> tuple[int, int]:
    """Read ``WxH``."""
    width, sign, height = text.partition('x')
    if not sign:
        raise argparse.ArgumentTypeError(f'{text} is no size; write it as 640x480')
    return image_side(width), image_side(height)


def add_systems(parser: argparse.ArgumentParser, systems: Sequence[str]) -> None:
    """Add benchmark, systems (these by default), their weights and the rounds."""
    add = parser.add_argument
    add('benchmark', help='name of a file in configs/benchmarks')
    text = 'rows of the benchmark, or configs under a name (default: those of '
    text += f'{", ".join(systems)} that it has)'
    add('--systems', nargs='+', metavar='ROW|NAME=CONFIG', help=text)
    parser.set_defaults(default_systems=systems)
    text = 'weights (default: random ones, whose scores let other numbers of boxes '
    text += 'through NMS than trained ones)'
    add('--checkpoints', nargs='+', default=[], metavar='NAME=PATH', help=text)
    add('--rounds', type=positive, default=7)


def find_systems(args: argparse.Namespace) -> dict[str, System]:
    """The systems that the command line asks for, by name.

    Raises:
        SystemExit: An unknown row, or a file that does not exist.
    """
    rows, systems = load_benchmark(args.benchmark).rows, {}
    checkpoints = dict(item.partition('=')[::2] for item in args.checkpoints)
    for item in args.systems or [name for name in args.default_systems if name in rows]:
        name, given, config = item.partition('=')
        if not given and name not in rows:
            raise SystemExit(
                f'--systems {item} is no row of {args.benchmark}: choose from '
                f'{", ".join(rows)}, or give {item}=CONFIG.'
            )
        row = dict(config='') if given else rows[name]
        config, options = config or f'configs/{row["config"]}', row.get('cfg_options')
        check_file(ROOT / config, f'--systems {name}')
        systems[name] = System(name, config, dict(options or {}))
    for name, path in checkpoints.items():
        if name not in systems:
            raise SystemExit(
                f'--checkpoints {name}: there is no such system; choose from '
                f'{", ".join(systems)}.'
            )
        check_file(path, f'--checkpoints {name}')
        systems[name] = systems[name]._replace(checkpoint=path)
    return systems


def check_file(path: str | Path, option: str) -> None:
    """Refuse a file that is not there.

    Raises:
        SystemExit: Names option and file.
    """
    if not Path(path).is_file():
        raise SystemExit(f"{option}: '{path}' does not exist; give the path of a file.")


def without_root(text: str) -> str:
    """Results are committed, and where the checkout lies is nobody's business."""
    return text.replace(f'{ROOT}/', '')
