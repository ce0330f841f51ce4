"""Command line and result file of cost.py, scaling.py and memory.py."""

import argparse
import json
import os
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import torch

from mmdet_sodgan.utils.keep_memory import VARIABLES, keep_freed_memory
from mmdet_sodgan.utils.provenance import provenance

from .settings import ROOT, load_benchmark

RESULTS = ROOT / 'docs' / 'results' / 'cost'
FIGURES = ROOT / 'docs' / 'images'
#: Shortest and longest side of the objects, pixels of the LR image.
OBJECT_SIDES = (5, 16)
#: Environment variables that say how memory is allocated; times depend on it.
ALLOCATION = sorted({'GLIBC_TUNABLES', 'MALLOC_ARENA_MAX', 'MALLOC_CONF', *VARIABLES})


class System(NamedTuple):
    """A detector to measure.

    Attributes:
        name (str): Of the row.
        config (str): Path, absolute or from the root of the repository.
        cfg_options (dict): Laid over the config.
        checkpoint (str, optional): Path of the weights; random without.
    """

    name: str
    config: str
    cfg_options: dict
    checkpoint: str | None

    def described(self) -> dict:
        """What a result file says about it."""
        return dict(
            config=without_root(self.config),
            cfg_options=self.cfg_options,
            trained=self.checkpoint is not None,
            checkpoint=self.checkpoint and without_root(self.checkpoint),
        )


class Setting(NamedTuple):
    """What all measurements of a command have in common.

    Attributes:
        device (str): 'cpu' or 'cuda'.
        threads (int): Of torch.
        seed (int): Of weights, images and boxes.
        bf16 (bool): bfloat16 autocast.
        channels_last (bool): Layout of the weights.
        compiled (bool): ``torch.compile`` of what CompileHook compiles.
        memory_kept (bool): Whether :func:`keep_freed_memory` has an effect.
    """

    device: str
    threads: int
    seed: int
    bf16: bool = False
    channels_last: bool = False
    compiled: bool = False
    memory_kept: bool = False


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


def add_device_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options that a :class:`Setting` is made of, but for its switches."""
    parser.add_argument('--device', choices=('cpu', 'cuda'), default='cpu')
    parser.add_argument('--threads', type=positive, default=torch.get_num_threads())
    parser.add_argument('--seed', type=int, default=0)


def add_switch_arguments(parser: argparse.ArgumentParser) -> None:
    """Add a :class:`Setting`'s switches; switches.py compares them instead."""
    parser.add_argument('--bf16', action='store_true', help='bfloat16 autocast')
    parser.add_argument(
        '--channels-last', action='store_true', help='layout of the weights'
    )


def add_system_arguments(
    parser: argparse.ArgumentParser, systems: Sequence[str]
) -> None:
    """Add benchmark, systems, their weights, rounds and result file."""
    parser.add_argument('benchmark', help='name of a file in configs/benchmarks')
    parser.add_argument(
        '--systems',
        nargs='+',
        metavar='ROW|NAME=CONFIG',
        help='rows of the benchmark, or configs under a name (default: those of '
        f'{", ".join(systems)} that it has)',
    )
    parser.set_defaults(default_systems=systems)
    parser.add_argument(
        '--checkpoints',
        nargs='+',
        default=[],
        metavar='NAME=PATH',
        help='weights (default: random ones, whose scores let other numbers of '
        'boxes through NMS than trained ones)',
    )
    parser.add_argument('--rounds', type=positive, default=7)
    parser.add_argument('--out', type=Path, help='JSON to write')


def get_setting(args: argparse.Namespace, keep_memory: bool = False) -> Setting:
    """Setting of the command line; threads and memory are put into force.

    Args:
        args (argparse.Namespace): With those of :func:`add_device_arguments`.
        keep_memory (bool): Keep freed memory, as ``sodgan predict`` and ``test`` do.
            Defaults to False.

    Raises:
        SystemExit: There is no such device.
    """
    if args.device == 'cuda' and not torch.cuda.is_available():
        raise SystemExit(
            '--device cuda: torch finds no CUDA device; leave it out to measure the '
            'CPU.'
        )
    torch.set_num_threads(args.threads)
    given = vars(args) | dict(memory_kept=keep_memory and keep_freed_memory())
    return Setting(**{key: given[key] for key in Setting._fields if key in given})


def find_systems(args: argparse.Namespace) -> dict[str, System]:
    """The systems that the command line asks for, by name.

    Raises:
        SystemExit: An unknown row, or a file that does not exist.
    """
    rows = load_benchmark(args.benchmark).rows
    items = args.systems or [name for name in args.default_systems if name in rows]
    checkpoints = dict(_split(item, '--checkpoints') for item in args.checkpoints)
    systems = {}
    for item in items:
        row = {}
        if '=' in item:
            name, config = _split(item, '--systems')
        elif item in rows:
            name, row = item, rows[item]
            config = f'configs/{row["config"]}'
        else:
            raise SystemExit(
                f'--systems {item} is no row of {args.benchmark}: choose from '
                f'{", ".join(rows)}, or give {item}=CONFIG.'
            )
        systems[name] = System(
            name,
            config,
            dict(row.get('cfg_options', {})),
            checkpoints.pop(name, None),
        )
    for name in checkpoints:
        raise SystemExit(
            f'--checkpoints {name}: there is no such system; choose from '
            f'{", ".join(systems)}.'
        )
    for system in systems.values():
        check_file(ROOT / system.config, f'--systems {system.name}')
        if system.checkpoint is not None:
            check_file(system.checkpoint, f'--checkpoints {system.name}')
    return systems


def _split(item: str, option: str) -> tuple[str, str]:
    name, sign, value = item.partition('=')
    if not (name and sign and value):
        raise SystemExit(f'{option} {item}: write it as NAME=PATH.')
    return name, value


def common_scale(models: dict[str, torch.nn.Module]) -> int:
    """``r``, which all systems must share to be compared.

    Raises:
        SystemExit: They do not, or none has one.
    """
    preprocessors = {name: model.data_preprocessor for name, model in models.items()}
    scales = {
        name: x.scale_factor
        for name, x in preprocessors.items()
        if hasattr(x, 'scale_factor')
    }
    if len(set(scales.values())) != 1:
        raise SystemExit(
            'data_preprocessor.scale_factor must be the same in all --systems that '
            f'have one, and one must have it; it is {scales}: choose other systems.'
        )
    return next(iter(scales.values()))


def check_file(path: str | Path, option: str) -> None:
    """Refuse a file that is not there.

    Raises:
        SystemExit: Names option and file.
    """
    if not Path(path).is_file():
        raise SystemExit(f'{option}: {path} does not exist; give the path of a file.')


def header(tool: str, argv: Sequence[str] | None, setting: Setting) -> dict:
    """What a result file says about how it was made.

    Args:
        tool (str): File name of the command.
        argv (Sequence[str], optional): Its arguments; None for the process's.
        setting (Setting): Of the command.

    Returns:
        dict: ``command``, with the variables in front of it that choose how memory
        is allocated, the setting and :func:`provenance`.
    """
    words = [_assignment(key) for key in ALLOCATION if os.environ.get(key)]
    arguments = shlex.join(sys.argv[1:] if argv is None else argv)
    command = without_root(' '.join([*words, f'tools/benchmark/{tool} {arguments}']))
    return dict(command=command, **setting._asdict(), **provenance())


def _assignment(key: str) -> str:
    value = os.environ[key]
    if key == 'LD_PRELOAD':
        # Files, separated by colons and spaces; as without_root, their names alone.
        value = ' '.join(Path(path).name for path in value.replace(':', ' ').split())
    return f'{key}={shlex.quote(value)}'


def without_root(text: str) -> str:
    """Results are committed, and where the checkout lies is nobody's business."""
    return text.replace(f'{ROOT}/', '')


def save(result: dict, out: Path) -> None:
    """Write a JSON whole, so that an interruption leaves the one before."""
    out.parent.mkdir(parents=True, exist_ok=True)
    scratch = out.with_suffix('.tmp')
    scratch.write_text(json.dumps(result, indent=1) + '\n')
    scratch.replace(out)
