import pytest


@pytest.fixture
def timing(benchmark_tool):
    return benchmark_tool('timing')


def makers(names):
    return {name: lambda name=name: name for name in names}


def test_systems_take_turns(timing):
    order = []

    def measure(work):
        order.append(work)
        return len(order)

    times, failures = timing.interleave(makers('abc'), 4, measure)
    counted = ''.join(order[3 * timing.WARM_UP :])
    assert counted == 'abcbcacababc'
    assert failures == {} and times['a'].tolist() == [7, 12, 14, 16]


@pytest.mark.parametrize('when', ['made', 'run'])
def test_system_that_runs_out_of_memory_stops_alone(timing, when):
    def fail():
        raise RuntimeError("DefaultCPUAllocator: can't allocate memory: 9 bytes")

    def measure(work):
        return fail() if work == 'b' else 1.0

    made = makers('ab') | (dict(b=fail) if when == 'made' else {})
    times, failures = timing.interleave(made, 3, measure)
    assert times.to_dict('list') == dict(a=[1.0] * 3)
    assert failures == dict(b="DefaultCPUAllocator: can't allocate memory: 9 bytes")


def test_other_errors_are_not_taken_for_lack_of_memory(timing):
    def fail(work):
        raise RuntimeError('shapes differ')

    with pytest.raises(RuntimeError, match='shapes differ'):
        timing.interleave(makers('a'), 1, fail)
