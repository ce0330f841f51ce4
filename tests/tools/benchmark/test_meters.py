from functools import partial
from types import SimpleNamespace

import pytest
import torch

from tools.benchmark import meters
from tools.benchmark.work import Work


class Shared:
    """A work that writes its name down."""

    setting, units = SimpleNamespace(device='cpu'), 1

    def __init__(self, name, order):
        self.name, self.order = name, order

    def prepare(self):
        return self.name

    def run(self, data):
        self.order.append(data)


def test_works_take_turns_and_warm_up_does_not_count(monkeypatch):
    order = []
    monkeypatch.setattr(meters, 'WARM_UP', 1)
    makers = {name: partial(Shared, name, order) for name in 'abc'}
    times, found = meters.compare(makers, 3, lambda work: dict(first=work.name))
    assert ''.join(order) == 'abcbcacababc'
    assert times.shape == (3, 3) and [x['first'] for x in found.values()] == [*'abc']
    for name, figures in found.items():
        assert figures['samples'] == times[name].tolist() and figures['n'] == 3
        assert figures['q1'] <= figures['median'] <= figures['q3']


def test_time_is_that_of_one_unit(monkeypatch):
    clock = iter([10.0, 10.5])
    monkeypatch.setattr(meters.time, 'perf_counter', lambda: next(clock))
    work = Shared('a', [])
    work.units = 2
    assert meters.elapsed_ms(work) == 250


def test_ratio_is_the_median_of_those_within_the_rounds():
    times = meters.pd.DataFrame(dict(a=[10.0, 20.0, 40.0], b=[30.0, 20.0, 50.0]))
    # The medians' ratio would be 1.5.
    assert meters.ratio(times, 'b', 'a') == 1.25


def test_peak_is_that_of_the_one_system(system, setting):
    held = b'x' * (700 << 20)  # not the parent's
    make = partial(Work, system('lr'), 'inference', (32, 32), 1, 2, setting)
    peak = meters.peak_memory(make)['peak_memory_mib']
    assert len(held) and 40 < peak < 600


@pytest.mark.parametrize(
    'error',
    [
        torch.OutOfMemoryError('CUDA out of memory. Tried 9 GiB.\nMore'),
        RuntimeError("DefaultCPUAllocator: can't allocate memory: 9 bytes"),
        MemoryError('not enough'),
    ],
)
def test_lack_of_memory_is_told_in_a_sentence(setting, error, monkeypatch):
    monkeypatch.setattr(meters.Path, 'write_text', lambda *_: None)

    def make(setting):
        raise error

    sentence = str(error).splitlines()[0]
    assert meters._peak(partial(make, setting)) == dict(out_of_memory=sentence)


def test_failures_but_for_lack_of_memory_are_raised(setting):
    with pytest.raises(TypeError, match='cannot be interpreted as an integer'):
        # int('7', base=setting)
        meters.peak_memory(partial(int, '7', setting))
