import os
import platform
import subprocess
import sys

import pytest
import torch

from mmdet_sodgan.utils.keep_memory import keep_freed_memory

# The pages of 20 buffers of 64 MiB, one freed before the next, in KiB of 1,024.
COUNT = """
import resource, sys
import torch
from mmdet_sodgan.utils.keep_memory import keep_freed_memory
kept = keep_freed_memory() if sys.argv[1] == 'keep' else False
torch.ones(2**24)
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(20):
    torch.ones(2**24)
print(kept, resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""
glibc = pytest.mark.skipif(
    platform.libc_ver()[0] != 'glibc', reason='another C library than glibc'
)


def page_faults(what):
    env = {k: v for k, v in os.environ.items() if not k.startswith(('GLIBC', 'MALLOC'))}
    env['CUDA_VISIBLE_DEVICES'] = ''
    command = [sys.executable, '-c', COUNT, what]
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=True)
    kept, faults = done.stdout.split()
    return kept == 'True', int(faults)


@glibc
def test_freed_buffers_are_used_again_instead_of_made_anew():
    kept, faults = page_faults('keep')
    assert kept
    kept, as_it_comes = page_faults('leave')
    assert not kept
    assert faults < as_it_comes / 4


@pytest.mark.parametrize(
    'name',
    [
        'GLIBC_TUNABLES',
        'MALLOC_MMAP_MAX_',
        'MALLOC_MMAP_THRESHOLD_',
        'MALLOC_TRIM_THRESHOLD_',
    ],
)
def test_environment_of_the_user_wins(monkeypatch, name):
    monkeypatch.setenv(name, 'glibc.malloc.check=0')
    assert not keep_freed_memory()


def test_nothing_changes_on_a_gpu_or_with_another_c_library(monkeypatch):
    monkeypatch.setattr(torch.cuda, 'is_available', lambda: True)
    assert not keep_freed_memory()
    monkeypatch.setattr(torch.cuda, 'is_available', lambda: False)
    monkeypatch.setattr(platform, 'libc_ver', lambda: ('', ''))
    assert not keep_freed_memory()
