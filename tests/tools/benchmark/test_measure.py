"""What is measured, and what a result file says of how it was made."""

import pandas as pd
import pytest

from tools.benchmark import measure


def test_command_says_what_times_depend_on_and_not_where_the_checkout_lies(
    setting, monkeypatch
):
    tunables = 'glibc.malloc.mmap_threshold=1:glibc.malloc.trim_threshold=2'
    monkeypatch.setenv('GLIBC_TUNABLES', tunables)
    monkeypatch.setenv('LD_PRELOAD', '/home/me/a.so:b.so')
    monkeypatch.setenv('MALLOC_CONF', '')
    monkeypatch.setenv('OMP_WAIT_POLICY', 'PASSIVE')
    # A shell takes it for assignments and a command.
    made = measure.header(('a b', f'{measure.ROOT}/c.json'), setting)
    assert made['command'] == (
        f"GLIBC_TUNABLES={tunables} LD_PRELOAD='a.so b.so' OMP_WAIT_POLICY=PASSIVE "
        "python -m tools.benchmark.measure 'a b' c.json"
    )


@pytest.mark.parametrize('possible', [True, False])
@pytest.mark.parametrize('name, keeps', [('cost', True), ('zoo', False)])
def test_memory_is_kept_where_commands_do_and_that_is_recorded(
    monkeypatch, possible, name, keeps, tmp_path
):
    settings = []
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
def test_wrong_systems_are_refused_in_a_sentence(arguments, reason):
    words = ['cost', 'deeppcb-160_r18', '--threads', '1', *arguments]
    with pytest.raises(SystemExit, match=reason):
        measure.main(words)


@pytest.mark.parametrize(
    'arguments, reason',
    [
        (['cost', 'x', '--inputs', '99'], '99 is no size; write it as 640x480'),
        (['cost', 'x', '--inputs', '9x99'], '9 is not a whole number of 16 or more'),
        (['cost', 'x', '--rounds', '0'], '0 is not a whole number of 1 or more'),
    ],
)
def test_wrong_arguments_are_refused_in_a_sentence(arguments, reason, capsys):
    with pytest.raises(SystemExit):
        measure.main(arguments)
    assert reason in capsys.readouterr().err
