import pytest


@pytest.fixture
def made_with(benchmark_tool):
    """Header of a result file, by the arguments of the command."""
    systems = benchmark_tool('systems')
    setting = systems.Setting('cpu', 1, 0, False, False, False)
    return lambda *argv: systems.header('cost.py', argv, setting)


def test_command_leaves_out_where_the_checkout_lies(made_with, benchmark_tool):
    root = benchmark_tool('systems').ROOT
    command = made_with('a b', f'{root}/c.json')['command']
    assert command == "tools/benchmark/cost.py 'a b' c.json"


def test_command_says_how_memory_was_allocated(made_with, monkeypatch):
    tunables = 'glibc.malloc.mmap_threshold=1:glibc.malloc.trim_threshold=2'
    monkeypatch.setenv('GLIBC_TUNABLES', tunables)
    monkeypatch.setenv('LD_PRELOAD', 'a.so b.so')
    monkeypatch.setenv('MALLOC_CONF', '')
    # A shell takes it for assignments and a command.
    assert made_with('x')['command'] == (
        f"GLIBC_TUNABLES={tunables} LD_PRELOAD='a.so b.so' tools/benchmark/cost.py x"
    )
