"""The detectors that are measured, under which conditions, and the result file."""

import argparse
import os
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import pandas as pd
import torch
from matplotlib.figure import Figure

from mmdet_sodgan.utils.keep_memory import VARIABLES, keep_freed_memory
from mmdet_sodgan.utils.provenance import provenance

from .results import libraries
from .settings import ROOT, load_benchmark

RESULTS = ROOT / 'docs' / 'results' / 'cost'
FIGURES = ROOT / 'docs' / 'images'
#: Shortest and longest side of the objects, pixels of the LR image.
OBJECT_SIDES = (5, 16)
#: Environment variables that times depend on: how memory is allocated, and how
#: threads wait.
RECORDED = sorted(
    {
        *('GLIBC_TUNABLES', 'MALLOC_ARENA_MAX', 'MALLOC_CONF', 'OMP_WAIT_POLICY'),
        *VARIABLES,
    }
)


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


def get_setting(args: argparse.Namespace, keep_memory: bool = False) -> Setting:
    """Setting of the command line; threads and memory are put into force.

    Args:
        args (argparse.Namespace): Of the command.
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
    """Name and path of an item."""
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


def header(argv: Sequence[str] | None, setting: Setting) -> dict:
    """What a result file says about how it was made.

    Args:
        argv (Sequence[str], optional): Arguments of the command; None for the
            process's.
        setting (Setting): Of the command.

    Returns:
        dict: ``command``, with the variables in front of it that times depend on,
        the setting, :func:`provenance` and versions of libraries.
    """
    words = [_assignment(key) for key in RECORDED if os.environ.get(key)]
    arguments = shlex.join(sys.argv[1:] if argv is None else argv)
    words.append(f'python -m tools.benchmark.measure {arguments}')
    conditions = setting._asdict() | provenance() | dict(libraries=libraries())
    return dict(command=without_root(' '.join(words))) | conditions


def _assignment(key: str) -> str:
    """A variable as a shell takes it."""
    value = os.environ[key]
    if key == 'LD_PRELOAD':
        # Files, separated by colons and spaces; as without_root, their names alone.
        value = ' '.join(Path(path).name for path in value.replace(':', ' ').split())
    return f'{key}={shlex.quote(value)}'


def without_root(text: str) -> str:
    """Results are committed, and where the checkout lies is nobody's business."""
    return text.replace(f'{ROOT}/', '')


def draw_samples(samples: pd.DataFrame, path: Path) -> None:
    """Draw what was sampled of a process, one panel each figure.

    Args:
        samples (pd.DataFrame): ``rss_kib``, ``cuda_kib``, ``open_files`` in columns,
            against the index.
        path (Path): PNG to write.
    """
    figure = Figure(figsize=(7.5, 4.2), layout='constrained')
    panels = figure.subplots(samples.shape[1], sharex=True, squeeze=False)[:, 0]
    names = dict(rss_kib='resident set, MiB', cuda_kib='CUDA, MiB')
    for index, (axis, key) in enumerate(zip(panels, samples, strict=True)):
        unit = 1024 if key in names else 1
        axis.plot(samples.index, samples[key] / unit, color=f'C{index}')
        axis.set(ylabel=names.get(key, key.replace('_', ' ')), ylim=(0, None))
        axis.grid(alpha=0.3)
    panels[-1].set_xlabel(samples.index.name)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)
