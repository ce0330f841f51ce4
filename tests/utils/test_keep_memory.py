import ctypes
import os
import platform
import subprocess
import sys

import pytest
import torch

from mmdet_sodgan.utils.keep_memory import keep_freed_memory

# Page faults of 20 buffers of 64 MiB, each freed before the next, in a thread such as
# the one of autograd.
COUNT = """
import resource, sys, threading
import torch
from mmdet_sodgan.utils.keep_memory import keep_freed_memory
kept = sys.argv[1] == 'keep' and keep_freed_memory()
def count():
    # The first ones may still make the heap grow.
    for _ in range(10):
        torch.ones(2**24)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(20):
        torch.ones(2**24)
    print(kept, resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
thread = threading.Thread(target=count)
thread.start()
thread.join()
"""
VARIABLES = (
    'GLIBC_TUNABLES',
    'LD_PRELOAD',
    'MALLOC_ARENA_MAX',
    'MALLOC_MMAP_MAX_',
    'MALLOC_MMAP_THRESHOLD_',
    'MALLOC_TRIM_THRESHOLD_',
)


def page_faults(what):
    env = {k: v for k, v in os.environ.items() if k not in VARIABLES}
    command = [sys.executable, '-c', COUNT, what]
    done = subprocess.run(
        command,
        env=env | dict(CUDA_VISIBLE_DEVICES=''),
        capture_output=True,
        text=True,
        check=True,
    )
    kept, faults = done.stdout.split()
    return kept == 'True', int(faults)


@pytest.mark.skipif(
    platform.libc_ver()[0] != 'glibc', reason='another C library than glibc'
)
def test_freed_buffers_are_used_again_instead_of_made_anew():
    kept, faults = page_faults('keep')
    assert kept
    kept, as_it_comes = page_faults('leave')
    assert not kept
    assert faults < as_it_comes / 4


@pytest.fixture
def calls(monkeypatch):
    """Calls of mallopt on a machine with glibc, without CUDA and with nothing set."""
    made = []

    class FakeLibrary:
        def __init__(self, name):
            assert name is None

        def mallopt(self, *option):
            made.append(option)
            return 1

    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(platform, 'libc_ver', lambda: ('glibc', '2.36'))
    monkeypatch.setattr(torch.cuda, 'is_available', lambda: False)
    monkeypatch.setattr(ctypes, 'CDLL', FakeLibrary)
    return made


def test_neither_trims_nor_maps_in_one_heap(calls):
    assert keep_freed_memory()
    # M_TRIM_THRESHOLD, M_MMAP_MAX and M_ARENA_MAX of malloc.h.
    assert calls == [(-1, -1), (-4, 0), (-8, 1)]


@pytest.mark.parametrize('name', VARIABLES)
def test_environment_of_the_user_wins(calls, monkeypatch, name):
    monkeypatch.setenv(name, 'glibc.malloc.trim_threshold=1')
    assert not keep_freed_memory() and not calls


def test_tunables_of_other_parts_of_glibc_do_not_count(calls, monkeypatch):
    monkeypatch.setenv('GLIBC_TUNABLES', 'glibc.pthread.rseq=0')
    assert keep_freed_memory() and calls


def test_nothing_changes_where_there_is_a_gpu(calls, monkeypatch):
    monkeypatch.setattr(torch.cuda, 'is_available', lambda: True)
    assert not keep_freed_memory() and not calls


def test_nothing_changes_with_another_c_library(calls, monkeypatch):
    monkeypatch.setattr(platform, 'libc_ver', lambda: ('', ''))
    assert not keep_freed_memory() and not calls
