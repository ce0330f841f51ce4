"""What the C library does with memory that torch frees, on a CPU."""

import ctypes
import os
import platform

import torch

#: Of malloc.h, with the values that mallopt(3) gives for "never".
_NEVER = {'M_TRIM_THRESHOLD': (-1, -1), 'M_MMAP_MAX': (-4, 0)}
#: Environment variables by which a user has decided already.
_VARIABLES = (
    'GLIBC_TUNABLES',
    'MALLOC_MMAP_MAX_',
    'MALLOC_MMAP_THRESHOLD_',
    'MALLOC_TRIM_THRESHOLD_',
)


def keep_freed_memory() -> bool:
    """Make glibc keep large buffers for the next use, by ``mallopt``.

    By default it gives buffers above 32 MiB back to Linux as soon as they are
    freed, and the next one is made anew page by page. From images of about 512 px
    on feature maps are that large, and inference on a CPU then spends a third to a
    half of its time there (docs/speed.md). The process holds the most memory that
    it ever needed afterwards. For a process that one owns: it holds for all of it.

    Nothing is changed where CUDA is in use, as the large buffers are on the device
    there, where the environment tunes malloc, and with other C libraries.

    Returns:
        bool: Whether freed memory is kept.
    """
    if platform.libc_ver()[0] != 'glibc' or torch.cuda.is_available():
        return False
    if any(os.environ.get(name) for name in _VARIABLES):
        return False
    libc = ctypes.CDLL(None)
    return all([libc.mallopt(*option) for option in _NEVER.values()])
