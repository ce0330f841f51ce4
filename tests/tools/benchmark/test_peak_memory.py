import pytest


@pytest.fixture
def peak_memory(benchmark_tool):
    return benchmark_tool('process_memory').peak_memory


def test_peak_is_that_of_the_one_system(peak_memory, system, setting):
    held = b'x' * (700 << 20)  # not the parent's
    peak, failure = peak_memory(system('lr'), 'inference', (32, 32), 1, 2, setting)
    assert failure is None and len(held) and 40 < peak < 600


def test_lack_of_memory_is_told(peak_memory, system, setting):
    # More than the addresses of a process.
    size = (10**9, 10**9)
    peak, failure = peak_memory(system('lr'), 'inference', size, 1, 2, setting)
    assert peak is None and 'allocate memory' in failure


def test_other_failures_are_raised(peak_memory, system, setting):
    broken = system('lr')._replace(cfg_options={'model.type': 'Nothing'})
    with pytest.raises(RuntimeError, match='memory of lr could not be measured'):
        peak_memory(broken, 'inference', (32, 32), 1, 2, setting)
