"""Where and with what a figure was measured."""

import platform
import subprocess
from pathlib import Path

import torch

ROOT = Path(__file__).resolve().parents[2]
# What figures depend on; a changed README makes no result unclean.
CODE = ('mmdet_sodgan', 'configs', 'tools/benchmark')


def provenance() -> dict[str, str | None]:
    """Describe this machine and this version of the code.

    Returns:
        dict[str, str | None]: ``commit`` (None outside a git checkout, with
        ``-dirty`` behind it where package, configs or tools/benchmark differ from it),
        ``hardware``, ``python`` and ``torch``.
    """
    return dict(
        commit=_commit(),
        hardware=_hardware(),
        python=platform.python_version(),
        torch=torch.__version__,
    )


def _commit() -> str | None:
    try:
        commit = _git('rev-parse', '--short', 'HEAD')
        changed = _git('status', '--porcelain', '--', *CODE)
    except (OSError, subprocess.CalledProcessError):
        return None
    return f'{commit}-dirty' if changed else commit


def _git(*arguments: str) -> str:
    done = subprocess.run(
        ['git', *arguments], capture_output=True, text=True, check=True, cwd=ROOT
    )
    return done.stdout.strip()


def _hardware() -> str:
    if torch.cuda.is_available():
        return torch.cuda.get_device_name()
    try:
        lines = Path('/proc/cpuinfo').read_text().splitlines()
    except OSError:  # not Linux
        lines = []
    models = [line.split(':')[1].strip() for line in lines if 'model name' in line]
    name = models[0] if models else platform.processor() or platform.machine()
    return f'{name}, {torch.get_num_threads()} threads'
