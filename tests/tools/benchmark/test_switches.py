import json

import numpy as np
import pytest
import torch


@pytest.fixture
def switches(benchmark_tool):
    return benchmark_tool('switches')


def command(narrow, out, *switches):
    return [
        'deeppcb-160_r18',
        *('--systems', f'sodgan={narrow["sodgan"]}'),
        *('--side', '32', '--batch', '2', '--rounds', '3', '--threads', '1'),
        *('--switches', *switches, '--out', str(out)),
    ]


def test_every_switch_runs_beside_plain_in_both_modes(switches, narrow, tmp_path):
    out = tmp_path / 'switches.json'
    switches.main(command(narrow, out, 'channels_last', 'channels_last+bf16'))
    result = json.loads(out.read_text())
    assert result['command'].startswith('tools/benchmark/switches.py deeppcb-160_r18')
    assert {'commit', 'hardware', 'torch', 'threads', 'seed'} <= result.keys()
    for what in ('inference', 'training'):
        found = result['results'][what]['sodgan']
        assert [*found] == ['plain', 'channels_last', 'channels_last+bf16']
        plain = found['plain']['samples']
        assert found['plain']['speed_up'] == 1
        for figures in found.values():
            assert figures['n'] == 3 and figures['first_ms'] > 0
            ratios = np.divide(plain, figures['samples'])
            assert figures['speed_up'] == pytest.approx(np.median(ratios))


def test_works_have_the_switches_of_their_name(switches, narrow, tmp_path, monkeypatch):
    settings = []
    whole = switches.Work

    def work(*args):
        settings.append(args[-1])
        return whole(*args)

    monkeypatch.setattr(switches, 'Work', work)
    monkeypatch.setattr(switches, 'elapsed_ms', lambda work: 1.0)
    monkeypatch.setattr(
        switches, 'interleave', lambda works, rounds: ({k: [1.0] for k in works}, {})
    )
    switches.main(command(narrow, tmp_path / 'out.json', 'compiled', 'bf16+compiled'))
    inference = settings[: len(settings) // 2]
    assert [(s.channels_last, s.bf16, s.compiled) for s in inference] == [
        (False, False, False),
        (False, False, True),
        (False, True, True),
    ]


def test_unknown_switch_is_named(switches, capsys):
    with pytest.raises(SystemExit):
        switches.parse_args(['deeppcb-160_r18', '--switches', 'bf16+fast'])
    assert 'bf16+fast has no such switch: fast; choose from' in capsys.readouterr().err


def test_lack_of_memory_is_told(switches, narrow, tmp_path, monkeypatch):
    failed = ({'plain': [1.0]}, {'bf16': 'CUDA out of memory'})
    monkeypatch.setattr(switches, 'elapsed_ms', lambda work: 1.0)
    monkeypatch.setattr(switches, 'interleave', lambda works, rounds: failed)
    with pytest.raises(
        SystemExit, match='sodgan, bf16: out of memory .*; lower --side'
    ):
        switches.main(command(narrow, tmp_path / 'out.json', 'bf16'))


def test_lack_of_memory_in_the_first_call_is_told(
    switches, narrow, tmp_path, monkeypatch
):
    def fail(work):
        raise torch.OutOfMemoryError('CUDA out of memory. Tried 9 GiB.')

    monkeypatch.setattr(switches, 'elapsed_ms', fail)
    with pytest.raises(SystemExit, match='sodgan, plain: .*Tried 9 GiB.*lower --side'):
        switches.main(command(narrow, tmp_path / 'out.json', 'bf16'))


def test_compiled_setting_compiles_what_the_hook_does(benchmark_tool, system, setting):
    build = benchmark_tool('workload').build
    model, _ = build(system('sodgan'), setting._replace(compiled=True))
    compiled = {n for n, child in model.named_children() if child._compiled_call_impl}
    assert compiled == {'backbone', 'neck', 'generator'}


def test_pooling_of_a_baseline_gets_contiguous_maps(benchmark_tool, system, setting):
    """mmcv's RoIAlign reads a channels-last map as if it were contiguous."""
    work = benchmark_tool('workload').Work
    arguments = ('inference', (48, 48), 1, 2)
    scores = []
    for layout in (False, True):
        run = work(system('lr'), *arguments, setting._replace(channels_last=layout))
        run.model.roi_head.bbox_head.register_forward_hook(
            lambda module, inputs, output: scores.append(output[0])
        )
        run.run(run.prepare())
    torch.testing.assert_close(*scores, rtol=1e-4, atol=1e-5)
