import json
from types import SimpleNamespace

import pytest


def test_shares_of_the_time_sum_to_one_and_fall(benchmark_tool, system, setting):
    tool = benchmark_tool('profile_ops')
    args = SimpleNamespace(side=64, batch=2, rounds=1, top=4)
    found = tool.measure(system('lr'), 'inference', 2, args, setting)
    others = found.pop('others')
    assert len(found) == 4 and sum(found.values()) + others == pytest.approx(1)
    assert list(found.values()) == sorted(found.values(), reverse=True)
    assert 0 < others < 1


def test_command_writes_both_parts_of_all_systems(benchmark_tool, narrow, tmp_path):
    tool = benchmark_tool('profile_ops')
    names = ('lr', 'sodgan')
    tool.main(
        ['deeppcb-160_r18', '--systems', *(f'{n}={narrow[n]}' for n in names)]
        + ['--side', '64', '--batch', '2', '--rounds', '1', '--top', '3']
        + ['--threads', '1', '--out', str(tmp_path / 'out.json')]
    )
    result = json.loads((tmp_path / 'out.json').read_text())
    assert list(result['shares']) == ['inference', 'training']
    for shares in result['shares'].values():
        assert tuple(shares) == names and all(len(x) == 4 for x in shares.values())
