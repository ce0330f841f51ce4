"""What the C library does with memory that torch frees, on a CPU."""

import ctypes
import os
import platform

import torch

#: Of malloc.h.
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3
#: Both in bytes, and the most that ``mallopt`` takes.
_LIMIT = 2**31 - 1
#: Environment variables by which a user has decided already.
_VARIABLES = ('GLIBC_TUNABLES', 'MALLOC_MMAP_THRESHOLD_', 'MALLOC_TRIM_THRESHOLD_')


def keep_freed_memory() -> bool:
    """Make glibc keep large buffers of up to 2 GiB for the next use.

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
    done = [libc.mallopt(key, _LIMIT) for key in (_M_MMAP_THRESHOLD, _M_TRIM_THRESHOLD)]
    return all(done)
