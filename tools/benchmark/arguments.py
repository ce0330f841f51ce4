"""The command line of measure.py."""

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType

import torch

from .systems import OBJECT_SIDES

SWITCHES = ('channels_last', 'bf16', 'compiled')


def positive(text: str) -> int:
    """Read a whole number of 1 or more."""
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f'{text} is not a whole number of 1 or more')
    return int(text)


def image_side(text: str) -> int:
    """Read a side that the objects fit into."""
    if positive(text) < OBJECT_SIDES[1]:
        raise argparse.ArgumentTypeError(
            f'{text} is smaller than the objects; give {OBJECT_SIDES[1]} px or more'
        )
    return int(text)


def image_size(text: str) -> tuple[int, int]:
    """Read ``WxH``."""
    width, sign, height = text.partition('x')
    if not sign:
        raise argparse.ArgumentTypeError(f'{text} is no size; write it as 640x480')
    return image_side(width), image_side(height)


def combination(text: str) -> str:
    """Check ``NAME`` or ``NAME+NAME``."""
    unknown = set(text.split('+')) - set(SWITCHES)
    if unknown:
        raise argparse.ArgumentTypeError(
            f'{text} has no such switch: {", ".join(sorted(unknown))}; choose from '
            f'{", ".join(SWITCHES)}, several joined by +'
        )
    return text


def parse_args(
    description: str, modules: dict[str, ModuleType], argv: Sequence[str] | None
) -> argparse.Namespace:
    """Parse the command line.

    Args:
        description (str): Of all commands.
        modules (dict[str, ModuleType]): By command; their docstrings describe them.
        argv (Sequence[str], optional): None for the process's.

    Returns:
        argparse.Namespace: ``command``, and what it takes.
    """
    raw = dict(formatter_class=argparse.RawDescriptionHelpFormatter)
    parser = argparse.ArgumentParser(
        prog='python -m tools.benchmark.measure', description=description, **raw
    )
    commands = parser.add_subparsers(dest='command', required=True)
    found = {}
    for name, module in modules.items():
        text = module.__doc__
        head = text.splitlines()[0]
        found[name] = commands.add_parser(name, help=head, description=text, **raw)
        _add_setting(found[name], 1 if name == 'zoo' else torch.get_num_threads())
    for name in ('cost', 'scaling', 'switches'):
        _add_systems(found[name], modules[name].SYSTEMS)
    for name in ('memory', 'predictions'):
        found[name].add_argument('config', help='path of the config')
    for name in ('scaling', 'memory', 'predictions'):
        found[name].add_argument('--figure', type=Path, help='PNG to write')
    for name in ('cost', 'scaling', 'memory'):
        add = found[name].add_argument
        add('--bf16', action='store_true', help='bfloat16 autocast')
        add('--channels-last', action='store_true', help='layout of the weights')
    _add_cost(found['cost'].add_argument)
    _add_scaling(found['scaling'].add_argument)
    _add_switches(found['switches'].add_argument)
    add = found['memory'].add_argument
    add('--iterations', type=positive, default=2000)
    add('--side', type=image_side, default=64, help='LR image, pixels')
    add('--batch', type=positive, default=2)
    add = found['predictions'].add_argument
    add('--requests', type=positive, default=10000)
    sides = dict(type=positive, nargs=2, metavar=('MIN', 'MAX'), default=(32, 96))
    add('--sides', **sides, help='of the images, pixels (default: 32 96)')
    add = found['zoo'].add_argument
    add('configs', nargs='*', type=Path, help='default: all')
    add('--rounds', type=int, default=0, help='timed inferences (default: none)')
    return parser.parse_args(argv)


def _add_setting(parser: argparse.ArgumentParser, threads: int) -> None:
    """Add what a :class:`Setting` is made of but for switches, and the result file."""
    parser.add_argument('--device', choices=('cpu', 'cuda'), default='cpu')
    parser.add_argument('--threads', type=positive, default=threads)
    parser.add_argument('--seed', type=int, default=0)
    parser.add_argument('--out', type=Path, help='JSON to write; of zoo the folder')


def _add_systems(parser: argparse.ArgumentParser, systems: Sequence[str]) -> None:
    """Add benchmark, systems, their weights and the rounds."""
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


def _add_cost(add: Callable) -> None:
    """Add sizes of images and batches, and what is measured."""
    sizes = [(320, 320), (640, 640), (1333, 800)]
    text = 'sizes of the LR image (default: 320x320 640x640 1333x800)'
    points = dict(type=image_size, nargs='+', metavar='WxH', default=sizes)
    add('--inputs', **points, help=text)
    add('--batch', type=positive, nargs='+', default=[1, 8])
    what = ('inference', 'training')
    add('--what', nargs='+', choices=(*what, 'onnxruntime'), default=what)
    add('--onnx-threads', type=positive, default=2)


def _add_scaling(add: Callable) -> None:
    """Add the points of both panels."""
    without = 'none to leave out this panel'
    sides = [320, 480, 640, 960, 1280, 1600, 1920]
    text = f'of the LR image, pixels; {without}'
    add('--sides', type=image_side, nargs='*', default=sides, help=text)
    proposals = [1, 3, 10, 30, 100, 300, 1000]
    add('--proposals', type=positive, nargs='*', default=proposals, help=without)
    text = 'side of the LR image for the panel of proposals (default: 640)'
    add('--proposals-side', type=image_side, default=640, help=text)


def _add_switches(add: Callable) -> None:
    """Add sizes and the switches to compare."""
    add('--side', type=image_side, default=160, help='LR image, pixels')
    add('--batch', type=positive, default=4, help='of training')
    several = [*SWITCHES, 'channels_last+bf16', 'channels_last+bf16+compiled']
    words = dict(type=combination, nargs='+', metavar='NAME[+NAME]', default=several)
    text = f'those to compare, of {", ".join(SWITCHES)} (default: %(default)s)'
    add('--switches', **words, help=text)
