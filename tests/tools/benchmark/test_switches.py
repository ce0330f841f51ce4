import numpy as np
import pytest

from tools.benchmark import switches

OPTIONS = ('--side', 32, '--batch', 2, '--rounds', 3, '--switches')


def test_every_switch_runs_beside_plain_in_both_modes(measure):
    names = ('channels_last', 'channels_last+bf16')
    result = measure('switches', ('sodgan',), *OPTIONS, *names)
    assert result['batch'] == dict(inference=1, training=2) and result['side'] == 32
    for what in ('inference', 'training'):
        found = result['results'][what]['sodgan']
        assert [*found] == ['plain', *names]
        plain = found['plain']['samples']
        assert found['plain']['speed_up'] == 1
        for figures in found.values():
            assert figures['n'] == 3 and figures['first_ms'] > 0
            ratios = np.divide(plain, figures['samples'])
            assert figures['speed_up'] == pytest.approx(np.median(ratios))


def test_works_have_the_switches_of_their_name(measure, monkeypatch):
    settings = []

    def stop(makers, *_):
        settings.extend(make.args[-1] for make in makers.values())
        raise KeyboardInterrupt

    monkeypatch.setattr(switches, 'compare', stop)
    with pytest.raises(KeyboardInterrupt):
        measure('switches', ('sodgan',), *OPTIONS, 'compiled', 'bf16+compiled')
    assert [(s.channels_last, s.bf16, s.compiled) for s in settings] == [
        (False, False, False),
        (False, False, True),
        (False, True, True),
    ]
