"""Measure what detectors cost.

    python -m tools.benchmark.measure cost deeppcb-160_r18 --inputs 160x160 --threads 1
    python -m tools.benchmark.measure scaling deeppcb-160_r18
    python -m tools.benchmark.measure zoo

Systems that are compared take turns in one process, so that their ratios hold also
on a machine that others use.
"""

import argparse
import os
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

# A thread that waits must not take the core of one that works; torch reads this when
# it is imported.
os.environ.setdefault('OMP_WAIT_POLICY', 'PASSIVE')

import torch

from mmdet_sodgan.utils.keep_memory import VARIABLES, keep_freed_memory
from mmdet_sodgan.utils.provenance import provenance

from . import cost, scaling, zoo
from .results import libraries, save
from .settings import ROOT
from .systems import Setting, positive, without_root

#: Modules; their docstrings describe them, ``add_arguments`` adds what they take, and
#: ``measure`` yields (result, table of what is new, name below docs/results).
COMMANDS = dict(cost=cost, scaling=scaling, zoo=zoo)
#: Those that keep freed memory, as ``sodgan predict`` and ``test`` do.
KEEP_MEMORY = ('cost', 'scaling')
#: Environment variables that times depend on: how memory is allocated, and how
#: threads wait.
RECORDED = ('GLIBC_TUNABLES', 'MALLOC_ARENA_MAX', 'MALLOC_CONF', 'OMP_WAIT_POLICY')
RECORDED = sorted({*RECORDED, *VARIABLES})


def parse_args(argv: Sequence[str] | None) -> argparse.Namespace:
    """Parse ``command``, and what it takes."""
    raw = dict(formatter_class=argparse.RawDescriptionHelpFormatter)
    parser = argparse.ArgumentParser(
        prog='python -m tools.benchmark.measure', description=__doc__, **raw
    )
    commands = parser.add_subparsers(dest='command', required=True)
    for name, module in COMMANDS.items():
        text = module.__doc__
        command = commands.add_parser(
            name, help=text.splitlines()[0], description=text, **raw
        )
        add = command.add_argument
        add('--device', choices=('cpu', 'cuda'), default='cpu')
        threads = 1 if name == 'zoo' else torch.get_num_threads()
        add('--threads', type=positive, default=threads)
        add('--seed', type=int, default=0)
        add('--out', type=Path, help='JSON to write; of zoo the folder')
        module.add_arguments(command)
    return parser.parse_args(argv)


def header(argv: Sequence[str] | None, setting: Setting) -> dict:
    """What a result file says about how it was made.

    It is ``command``, with the variables in front of it that times depend on, the
    setting, :func:`provenance` and versions of libraries.
    """
    variables = {key: os.environ[key] for key in RECORDED if os.environ.get(key)}
    if files := variables.get('LD_PRELOAD'):
        # Separated by colons and spaces; as without_root, their names alone.
        names = [Path(path).name for path in files.replace(':', ' ').split()]
        variables['LD_PRELOAD'] = ' '.join(names)
    words = [f'{key}={shlex.quote(value)}' for key, value in variables.items()]
    arguments = shlex.join(sys.argv[1:] if argv is None else argv)
    words.append(f'python -m tools.benchmark.measure {arguments}')
    conditions = setting._asdict() | provenance() | dict(libraries=libraries())
    return dict(command=without_root(' '.join(words))) | conditions


def main(argv: Sequence[str] | None = None) -> None:
    """Measure step by step; what is written is whole after each.

    Raises:
        SystemExit: There is no such device.
    """
    args = parse_args(argv)
    if args.device == 'cuda' and not torch.cuda.is_available():
        raise SystemExit(
            '--device cuda: torch finds no CUDA device; leave it out to measure the '
            'CPU.'
        )
    torch.set_num_threads(args.threads)
    kept = args.command in KEEP_MEMORY and keep_freed_memory()
    setting = Setting(args.device, args.threads, args.seed, memory_kept=kept)
    conditions = header(argv, setting)
    for result, table, name in COMMANDS[args.command].measure(args, setting):
        out = ROOT / 'docs' / 'results' / f'{name}.json'
        if args.out is not None:
            out = args.out / out.name if args.command == 'zoo' else args.out
        save(conditions | result, out)
        print(f'{table.to_string(na_rep="", float_format="{:.2f}".format)}\n{out}')
        print(flush=True)


if __name__ == '__main__':
    main()
