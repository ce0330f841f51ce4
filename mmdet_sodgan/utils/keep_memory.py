"""What the C library does with memory that torch frees, on a CPU."""

import ctypes
import os
import platform

import torch

#: Of malloc.h: never trim, never map, one heap for all threads. The heaps of a further
#: thread end at 64 MiB, and a larger buffer would be mapped.
_OPTIONS = {'M_TRIM_THRESHOLD': (-1, -1), 'M_MMAP_MAX': (-4, 0), 'M_ARENA_MAX': (-8, 1)}
#: Environment variables by which a user has decided already.
VARIABLES = (
    'LD_PRELOAD',  # perhaps of another malloc
    'MALLOC_ARENA_MAX',
    'MALLOC_MMAP_MAX_',
    'MALLOC_MMAP_THRESHOLD_',
    'MALLOC_TRIM_THRESHOLD_',
)


def keep_freed_memory() -> bool:
    """Make glibc keep large buffers for the next use, by ``mallopt``.

    By default it gives buffers above 32 MiB back to Linux as soon as they are
    freed, and the next one is made anew page by page. Feature maps of large images
    are that large, and making them takes a large part of the time on a CPU
    (docs/lab_notes/speed.md).

    It is for a process that one owns, before it starts threads: a thread that has a
    heap of its own already keeps it. The process holds at least the most memory that it
    ever needed, more where buffers of different sizes leave gaps; processes that it
    forks share that memory until one side writes to it.

    Nothing is changed where torch finds CUDA, as the large buffers are on the device
    there, where the environment tunes malloc, and with other C libraries.

    Returns:
        bool: Whether freed memory is kept.
    """
    if platform.libc_ver()[0] != 'glibc' or torch.cuda.is_available():
        return False
    if 'glibc.malloc.' in os.environ.get('GLIBC_TUNABLES', ''):
        return False
    if any(os.environ.get(name) for name in VARIABLES):
        return False
    libc = ctypes.CDLL(None)
    return all([libc.mallopt(*option) for option in _OPTIONS.values()])
