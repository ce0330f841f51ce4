import argparse

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
    monkeypatch.setenv('LD_PRELOAD', '/home/me/a.so:b.so')
    monkeypatch.setenv('MALLOC_CONF', '')
    # A shell takes it for assignments and a command.
    assert made_with('x')['command'] == (
        f"GLIBC_TUNABLES={tunables} LD_PRELOAD='a.so b.so' tools/benchmark/cost.py x"
    )


@pytest.mark.parametrize('possible', [True, False])
def test_memory_is_kept_and_recorded_on_request(benchmark_tool, monkeypatch, possible):
    systems = benchmark_tool('systems')
    monkeypatch.setattr(systems, 'keep_freed_memory', lambda: possible)
    args = argparse.Namespace(device='cpu', threads=1, seed=0)
    assert not systems.get_setting(args).memory_kept
    setting = systems.get_setting(args, keep_memory=True)
    assert systems.header('cost.py', [], setting)['memory_kept'] is possible
