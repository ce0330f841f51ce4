"""Where and with what a figure was measured."""

import platform
import subprocess
from pathlib import Path

import torch


def provenance() -> dict[str, str | None]:
    """Describe this machine and this version of the code.

    Returns:
        dict[str, str | None]: ``commit`` (None outside a git checkout, with
        ``-dirty`` behind it where files differ from it), ``hardware``,
        ``python`` and ``torch``.
    """
    return dict(
        commit=_commit(),
        hardware=_hardware(),
        python=platform.python_version(),
        torch=torch.__version__,
    )


def _commit() -> str | None:
    try:
        done = subprocess.run(
            ['git', 'describe', '--always', '--dirty', '--exclude=*'],
            capture_output=True,
            text=True,
            check=True,
            cwd=Path(__file__).parent,
        )
    except (OSError, subprocess.CalledProcessError):
        return None
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
