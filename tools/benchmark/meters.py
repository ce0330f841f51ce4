"""Clocks: systems take turns, and what their times say."""

import time
from collections.abc import Callable, Hashable

import pandas as pd
import torch

#: Rounds before the first that counts.
WARM_UP = 2
#: How errors of the allocators of CPU, CUDA, its libraries and onnxruntime read.
NO_MEMORY = ('allocate memory', 'out of memory', 'ALLOC_FAILED')


def elapsed_ms(work) -> float:
    """Milliseconds of one run of a :class:`Work`, its batch made beforehand."""
    data = work.prepare()
    if not work.setting.device.startswith('cuda'):
        start = time.perf_counter()
        work.run(data)
        return 1e3 * (time.perf_counter() - start)
    start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
    torch.cuda.synchronize()
    start.record()
    work.run(data)
    end.record()
    torch.cuda.synchronize()
    return start.elapsed_time(end)


def interleave(
    makers: dict[Hashable, Callable], rounds: int, measure: Callable = elapsed_ms
) -> tuple[pd.DataFrame, dict[Hashable, str]]:
    """Measure all systems once a round, each round in another order.

    Whatever else slows the machine down for a while thus meets all of them.

    Args:
        makers (dict[Hashable, Callable]): By name of the system what makes its work.
        rounds (int): After ``WARM_UP`` that do not count.
        measure (Callable): Work -> milliseconds.

    Returns:
        tuple: Milliseconds, a row each round and a column each system; sentence by
        name of those that ran out of memory, which have no column.
    """
    made = {name: attempt(make) for name, make in makers.items()}
    failures = {name: failure for name, (_, failure) in made.items() if failure}
    times = {name: [] for name in made if name not in failures}
    for index in range(-WARM_UP, rounds):
        names = [*times]
        first = index % max(1, len(names))
        for name in names[first:] + names[:first]:
            value, failure = attempt(measure, made[name][0])
            if failure is not None:
                failures[name] = failure
                del times[name], made[name]
            elif index >= 0:
                times[name].append(value)
    frame = pd.DataFrame(dict(enumerate(times.values())))
    # A name may be a tuple, which is no level of an index.
    return frame.set_axis(pd.Index([*times], tupleize_cols=False), axis=1), failures


def summary(times: pd.Series) -> dict:
    """Median, quartiles, number and the values themselves."""
    median, q1, q3 = times.quantile([0.5, 0.25, 0.75]).tolist()
    return dict(median=median, q1=q1, q3=q3, n=len(times), samples=times.tolist())


def ratio(times: pd.DataFrame, name: Hashable, other: Hashable) -> float:
    """Median over the rounds of the ratio within a round, of two columns."""
    return float((times[name] / times[other]).median())


def attempt(call: Callable, *args) -> tuple[object, str | None]:
    """Result of a call, or the sentence that says that memory ran out."""
    try:
        return call(*args), None
    except Exception as error:
        # Only torch's allocator for CUDA has a class of its own for it.
        known = isinstance(error, (torch.OutOfMemoryError, MemoryError))
        if not known and not any(text in str(error) for text in NO_MEMORY):
            raise
        sentence = str(error).strip().splitlines()[0] if str(error) else 'no memory'
    # Out of the except block, whose traceback holds the tensors.
    torch.cuda.empty_cache()
    return None, sentence
