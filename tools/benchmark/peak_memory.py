"""The memory of this process, and the peak of one system in a fresh one."""

import multiprocessing
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import psutil
import torch

from .systems import Setting
from .timing import attempt

#: Optimizers make their state in the first step.
RUNS = 2


def resident_kib() -> int:
    """Resident set of this process now."""
    return psutil.Process().memory_info().rss // 1024


def peak_memory(make: Callable, *args) -> tuple[float | None, str | None]:
    """Peak memory of one system in a fresh process.

    Args:
        make (Callable): Makes what is run, as :class:`Work`.
        *args: Its arguments, the :class:`Setting` last.

    Returns:
        tuple: MiB above what the imports take and None, or None and the sentence
        that says that memory ran out: here, where it takes no other measurement
        with it.
    """
    context = multiprocessing.get_context('spawn')
    with ProcessPoolExecutor(1, context) as pool:
        try:
            return pool.submit(attempt, _peak, make, *args).result()
        except BrokenProcessPool:
            return None, 'its process was killed, as happens when memory runs out'


def _peak(make: Callable, *args) -> float:
    """MiB that are needed above what the imports take, in this process."""
    setting: Setting = args[-1]
    torch.set_num_threads(setting.threads)
    # Memory is not kept, also where setting.memory_kept: what loading the weights has
    # freed would count.
    # Where memory runs out, this process goes first.
    Path('/proc/self/oom_score_adj').write_text('1000')
    cuda, imported = setting.device == 'cuda', resident_kib()
    work = make(*args)
    # Building takes more than the parts that are kept.
    if cuda:
        torch.cuda.reset_peak_memory_stats()
    else:
        Path('/proc/self/clear_refs').write_text('5')  # see proc(5)
    for _ in range(RUNS):
        work.run(work.prepare())
    if cuda:
        return torch.cuda.max_memory_allocated() / 2**20
    # psutil has no peak, and that of getrusage() includes the process which started
    # this one.
    lines = Path('/proc/self/status').read_text().splitlines()
    (peak,) = (int(x.split()[1]) for x in lines if x.startswith('VmHWM'))
    return (peak - imported) / 1024
