import pytest


@pytest.fixture
def peak_memory(benchmark_tool):
    return benchmark_tool('peak_memory').peak_memory


def test_peak_is_that_of_the_one_system(peak_memory, benchmark_tool, system, setting):
    held = b'x' * (700 << 20)  # not the parent's
    work = benchmark_tool('work').Work, system('lr'), 'inference', (32, 32), 1, 2
    peak, failure = peak_memory(*work, setting)
    assert failure is None and len(held) and 40 < peak < 600


def test_failures_but_for_lack_of_memory_are_raised(peak_memory, setting):
    with pytest.raises(TypeError, match='cannot be interpreted as an integer'):
        # int('7', base=setting)
        peak_memory(int, '7', setting)
