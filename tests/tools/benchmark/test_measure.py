"""What is measured, and what a result file says of how it was made."""

import pandas as pd
import pytest


@pytest.fixture
def command(benchmark_tool, setting, monkeypatch):
    """The command of a result file, by its arguments."""
    monkeypatch.delenv('OMP_WAIT_POLICY', raising=False)
    header = benchmark_tool('measure').header
    return lambda *argv: header(argv, setting)['command']


def test_command_leaves_out_where_the_checkout_lies(
    command, benchmark_tool, monkeypatch
):
    monkeypatch.delenv('OMP_WAIT_POLICY', raising=False)
    root = benchmark_tool('measure').ROOT
    expected = "python -m tools.benchmark.measure 'a b' c.json"
    assert command('a b', f'{root}/c.json') == expected


def test_command_says_what_times_depend_on(command, monkeypatch):
    tunables = 'glibc.malloc.mmap_threshold=1:glibc.malloc.trim_threshold=2'
    monkeypatch.setenv('GLIBC_TUNABLES', tunables)
    monkeypatch.setenv('LD_PRELOAD', '/home/me/a.so:b.so')
    monkeypatch.setenv('MALLOC_CONF', '')
    monkeypatch.setenv('OMP_WAIT_POLICY', 'PASSIVE')
    # A shell takes it for assignments and a command.
    assert command('x') == (
        f"GLIBC_TUNABLES={tunables} LD_PRELOAD='a.so b.so' OMP_WAIT_POLICY=PASSIVE "
        'python -m tools.benchmark.measure x'
    )


@pytest.mark.parametrize('possible', [True, False])
@pytest.mark.parametrize('name, keeps', [('cost', True), ('memory', False)])
def test_memory_is_kept_where_commands_do_and_that_is_recorded(
    benchmark_tool, monkeypatch, possible, name, keeps, tmp_path
):
    measure, settings = benchmark_tool('measure'), []
    monkeypatch.setattr(measure, 'keep_freed_memory', lambda: possible)
    monkeypatch.setattr(measure, 'ROOT', tmp_path)

    def stand_in(args, setting):
        settings.append(setting)
        yield dict(found=1), pd.DataFrame(), 'out'

    monkeypatch.setattr(measure.COMMANDS[name], 'measure', stand_in)
    measure.main([name, 'x', '--threads', '1'])
    assert settings[0].memory_kept is (possible and keeps)
    text = (tmp_path / 'docs/results/out.json').read_text()
    assert f'"memory_kept": {"true" if possible and keeps else "false"}' in text


@pytest.mark.parametrize(
    'arguments, reason',
    [
        (['--systems', 'none'], 'none is no row of .*: choose from lr'),
        (['--systems', 'a=none.py'], "none.py' does not exist"),
        (['--systems', 'oracle'], 'scale_factor .*: choose other systems'),
        (['--checkpoints', 'b=x.pth'], '--checkpoints b: there is no such system'),
        (['--checkpoints', 'lr=x.pth'], "x.pth' does not exist"),
        (['--checkpoints', 'lr'], "--checkpoints lr: '' does not exist"),
    ],
)
def test_wrong_systems_are_refused_in_a_sentence(benchmark_tool, arguments, reason):
    words = ['cost', 'deeppcb-160_r18', '--threads', '1', *arguments]
    with pytest.raises(SystemExit, match=reason):
        benchmark_tool('measure').main(words)


@pytest.mark.parametrize(
    'arguments, reason',
    [
        (['switches', 'x', '--switches', 'bf16+fast'], 'invalid choice'),
        (['cost', 'x', '--inputs', '99'], '99 is no size; write it as 640x480'),
        (['cost', 'x', '--inputs', '9x99'], '9 is not a whole number of 16 or more'),
        (['cost', 'x', '--rounds', '0'], '0 is not a whole number of 1 or more'),
    ],
)
def test_wrong_arguments_are_refused_in_a_sentence(
    benchmark_tool, arguments, reason, capsys
):
    with pytest.raises(SystemExit):
        benchmark_tool('measure').main(arguments)
    assert reason in capsys.readouterr().err
