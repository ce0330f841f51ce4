"""Time and memory that works take; those that are compared take turns."""

import multiprocessing
import time
from collections import deque
from collections.abc import Callable, Hashable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from pathlib import Path

import pandas as pd
import psutil
import torch

#: Rounds before the first that counts.
WARM_UP = 2
#: Runs whose peak memory is taken: optimizers make their state in the first step.
RUNS = 2
#: How errors of the allocators of CPU, CUDA, its libraries and onnxruntime read.
NO_MEMORY = ('allocate memory', 'out of memory', 'ALLOC_FAILED')


def elapsed_ms(work) -> float:
    """Milliseconds of one run of a :class:`Work`, its batch made beforehand.

    At inference they are those of one image.
    """
    data = work.prepare()
    wait = torch.cuda.synchronize if work.setting.device == 'cuda' else lambda: None
    wait()
    start = time.perf_counter()
    work.run(data)
    wait()
    return 1e3 * (time.perf_counter() - start) / work.units


def compare(
    makers: dict[Hashable, Callable], rounds: int, first: Callable = lambda work: {}
) -> tuple[pd.DataFrame, dict[Hashable, dict]]:
    """Time works once a round, each round in another order.

    Whatever else slows the machine down for a while thus meets all of them.

    Args:
        makers (dict[Hashable, Callable]): By name what makes a work.
        rounds (int): After ``WARM_UP`` that do not count.
        first (Callable): Work -> figures of it, before the rounds.

    Returns:
        tuple: Milliseconds, a row each round and a column each work; by name the
        figures of ``first``, median, quartiles, number and the milliseconds.
    """
    works = {name: make() for name, make in makers.items()}
    found = {name: first(work) for name, work in works.items()}
    times, order = {name: [] for name in works}, deque(works)
    for _ in range(WARM_UP + rounds):
        for name in order:
            times[name].append(elapsed_ms(works[name]))
        order.rotate(-1)
    frame = pd.DataFrame(times)[WARM_UP:]
    for name, column in frame.items():
        median, q1, q3 = column.quantile([0.5, 0.25, 0.75]).tolist()
        found[name] |= dict(median=median, q1=q1, q3=q3)
        found[name] |= dict(n=len(column), samples=column.tolist())
    return frame, found


def ratio(times: pd.DataFrame, name: Hashable, other: Hashable) -> float:
    """Median over the rounds of the ratio within a round, of two columns."""
    return float((times[name] / times[other]).median())


def resident_kib() -> int:
    """Resident set of this process now."""
    return psutil.Process().memory_info().rss // 1024


def peak_memory(make: partial) -> dict:
    """Peak memory of one work in a fresh process.

    Args:
        make (partial): Makes the work; the :class:`Setting` is its last argument.

    Returns:
        dict: ``peak_memory_mib`` above what the imports take, or ``out_of_memory``,
        a sentence: memory ran out there, where it takes no other measurement with
        it.
    """
    with ProcessPoolExecutor(1, multiprocessing.get_context('spawn')) as pool:
        try:
            return pool.submit(_peak, make).result()
        except BrokenProcessPool:
            text = 'its process was killed, as happens when memory runs out'
            return dict(out_of_memory=text)


def _peak(make: partial) -> dict:
    """As :func:`peak_memory`, of this process."""
    setting = make.args[-1]
    torch.set_num_threads(setting.threads)
    # Memory is not kept, also where setting.memory_kept: what loading the weights has
    # freed would count.
    # Where memory runs out, this process goes first.
    Path('/proc/self/oom_score_adj').write_text('1000')
    cuda, imported = setting.device == 'cuda', resident_kib()
    try:
        work = make()
        # Building takes more than the parts that are kept.
        if cuda:
            torch.cuda.reset_peak_memory_stats()
        else:
            Path('/proc/self/clear_refs').write_text('5')  # see proc(5)
        for _ in range(RUNS):
            work.run(work.prepare())
    except Exception as error:
        # Only torch's allocator for CUDA has a class of its own for it.
        known = isinstance(error, (torch.OutOfMemoryError, MemoryError))
        if not known and not any(text in str(error) for text in NO_MEMORY):
            raise
        return dict(out_of_memory=(str(error).strip() or 'no memory').splitlines()[0])
    if cuda:
        return dict(peak_memory_mib=torch.cuda.max_memory_allocated() / 2**20)
    # psutil has no peak, and that of getrusage() includes the process which started
    # this one.
    lines = Path('/proc/self/status').read_text().splitlines()
    (peak,) = (int(x.split()[1]) for x in lines if x.startswith('VmHWM'))
    return dict(peak_memory_mib=(peak - imported) / 1024)
