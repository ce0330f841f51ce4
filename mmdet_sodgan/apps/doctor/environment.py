"""What this environment has, and what is broken in it.

Nothing of the stack is imported before it is tried, so that this runs where the
stack, or torch itself, does not work.
"""

import importlib
import os
import platform
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata

from packaging.requirements import Requirement
from packaging.version import Version

from ...utils.compat import SUPPORTED, installed_version, stack_name
from ...version import __version__

_LIBRARIES = ('torch', 'numpy', 'cv2', 'mmengine', 'mmcv', 'mmdet')
_MIN_FREE = 5e9  # bytes; a checkpoint of ResNet-50 with its optimizer has 0.4e9


@dataclass(frozen=True)
class Finding:
    """Something that was looked at.

    Args:
        name (str): What was looked at.
        value (str): What was found.
        remedy (str): What to do about it where it is a problem. Defaults to ''.
        broken (bool): Whether nothing works before that is done. Defaults to False.
    """

    name: str
    value: str
    remedy: str = ''
    broken: bool = False


def import_error() -> Exception | None:
    """Why this project's modules cannot be imported.

    Returns:
        Exception | None: What the import raised, None where it works.
    """
    try:
        importlib.import_module('mmdet_sodgan.registration')
    # A library may check its neighbours with assert, or fail in its binary part.
    except Exception as error:
        return error
    return None


def inspect_environment() -> Iterator[Finding]:
    """Look at versions, operators, hardware and extras.

    Yields:
        Finding: One at a time, in the order in which problems are to be solved.
    """
    yield Finding('python', platform.python_version())
    yield Finding('mmdet_sodgan', __version__)
    yield Finding('stack', dict(openmmlab='OpenMMLab', onedl='OneDL')[stack_name()])
    broken = False
    for finding in (*_stack_findings(), *map(_library_finding, _LIBRARIES)):
        broken |= finding.broken
        yield finding
    # Whatever fails after that fails for this reason.
    for finding in () if broken else _operator_findings():
        broken |= finding.broken
        yield finding
    error = None if broken else import_error()
    if error is not None:
        yield Finding(
            'import mmdet_sodgan',
            _one_line(error),
            'install the project again: pip install . in a clone of it',
            broken=True,
        )
    yield from _hardware_findings()
    yield from _extra_findings()


def _one_line(error: BaseException) -> str:
    return f'{type(error).__name__}: {" ".join(str(error).split())}'


def _stack_findings() -> Iterator[Finding]:
    stack = stack_name()
    for name, first, end in SUPPORTED[stack]:
        found = installed_version(name)
        sound = found is not None and Version(first) <= Version(found) < Version(end)
        remedy = (
            f'{name}>={first},<{end} is needed: `make test STACK={stack}` in a clone '
            'of the project makes an environment that has it'
        )
        yield Finding(
            name, found or 'not installed', '' if sound else remedy, not sound
        )


def _library_finding(module: str) -> Finding:
    try:
        library = importlib.import_module(module)
    # A library may check its neighbours with assert, or fail in its binary part.
    except Exception as error:
        return Finding(
            f'import {module}',
            _one_line(error),
            'solve what stands above first, else install it again in the version that '
            'constraints/ of the project names',
            broken=True,
        )
    return Finding(f'import {module}', library.__version__)


def _operator_findings() -> Iterator[Finding]:
    """Run the two compiled operators that every detector here needs."""
    import torch

    devices = ['cpu', *(['cuda'] if torch.cuda.is_available() else [])]
    for device in devices:
        for name, run in (('NMS', _run_nms), ('RoIAlign', _run_roi_align)):
            try:
                run(device)
            except Exception as error:
                value, remedy = _one_line(error), _OPERATOR_REMEDY
            else:
                value, remedy = 'works', ''
            yield Finding(
                f"mmcv's {name} on {device}", value, remedy, broken=bool(remedy)
            )


_OPERATOR_REMEDY = (
    'mmcv was built for another torch or without its operators (mmcv-lite): pip '
    'uninstall it, and let tools/setup/make_env.py of the project build it'
)


def _run_nms(device: str) -> None:
    import torch
    from mmcv.ops import nms

    boxes = torch.tensor([[0.0, 0, 8, 8], [0, 0, 8, 9], [20, 20, 28, 28]])
    scores = torch.tensor([0.5, 0.9, 0.7])
    _, kept = nms(boxes.to(device), scores.to(device), iou_threshold=0.5)
    if kept.tolist() != [1, 2]:
        raise ValueError(f'it keeps the boxes {kept.tolist()} in place of [1, 2]')


def _run_roi_align(device: str) -> None:
    import torch
    from mmcv.ops import roi_align

    # A ramp: the mean over a box is its value at the centre.
    ramp = torch.arange(16.0, device=device).repeat(1, 1, 16, 1)
    box = torch.tensor([[0.0, 4, 4, 12, 12]], device=device)
    mean = roi_align(ramp, box, 1, 1.0, 2, 'avg', True).item()
    if abs(mean - 7.5) > 1e-3:
        raise ValueError(f'it gives {mean} in place of 7.5')


def _hardware_findings() -> Iterator[Finding]:
    yield Finding('CPU', f'{os.cpu_count()} cores, {platform.machine()}')
    yield from _gpu_findings()
    pages = {name: os.sysconf(name) for name in ('SC_PHYS_PAGES', 'SC_AVPHYS_PAGES')}
    total, free = (n * os.sysconf('SC_PAGE_SIZE') / 1e9 for n in pages.values())
    yield Finding('memory', f'{total:.1f} GB, {free:.1f} GB of them unused')
    disk = shutil.disk_usage('.')
    remedy = 'checkpoints may not fit: choose another disk with --work-dir'
    yield Finding(
        'disk of this folder',
        f'{disk.free / 1e9:.1f} GB free',
        remedy if disk.free < _MIN_FREE else '',
    )


def _gpu_findings() -> Iterator[Finding]:
    try:
        import torch
    except Exception:  # told above
        return
    if not torch.cuda.is_available():
        built = torch.version.cuda is not None
        remedy = 'nvidia-smi tells whether the driver sees it' if built else ''
        yield Finding('GPU', 'none that torch can use', remedy)
        return
    for index in range(torch.cuda.device_count()):
        properties = torch.cuda.get_device_properties(index)
        yield Finding(
            f'GPU {index}', f'{properties.name}, {properties.total_memory / 1e9:.1f} GB'
        )


def _extra_findings() -> Iterator[Finding]:
    """Look at the project's extras, without those of the two stacks."""
    try:
        asked = metadata.requires('mmdet_sodgan') or []
    except metadata.PackageNotFoundError:
        yield Finding(
            'extras', 'unknown, as the project is not installed', 'pip install .'
        )
        return
    requirements = list(map(Requirement, asked))
    for extra in metadata.metadata('mmdet_sodgan').get_all('Provides-Extra', []):
        if extra in SUPPORTED:
            continue
        missing = [r.name for r in requirements if _is_missing(r, extra)]
        yield Finding(
            f'extra {extra}',
            f'lacks {", ".join(missing)}' if missing else 'installed',
            f'pip install "mmdet_sodgan[{extra}]" where you need it' if missing else '',
        )


def _is_missing(requirement: Requirement, extra: str) -> bool:
    marker = requirement.marker
    if marker is None or not marker.evaluate(dict(extra=extra)):
        return False
    found = installed_version(requirement.name)
    return found is None or not requirement.specifier.contains(found, prereleases=True)
