import json
import re
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from mmdet.registry import MODELS
from mmengine.config import Config

BENCHMARK = 'deeppcb-160_r18'
SHORT = ['--rounds', '2', '--batch', '1', '--threads', '1']


@pytest.fixture
def cost(benchmark_tool):
    return benchmark_tool('cost')


@pytest.fixture
def no_peaks(cost, monkeypatch):
    """Leave out the fresh processes, which import everything again."""
    monkeypatch.setattr(cost, 'peak_memory', lambda system, *args: (12.5, None))


def command(narrow, out, *names):
    systems = [f'{name}={narrow[name]}' for name in names]
    return [BENCHMARK, '--systems', *systems, *SHORT, '--out', str(out)]


def test_result_has_every_figure_and_how_it_was_made(cost, no_peaks, narrow, tmp_path):
    out = tmp_path / 'new' / 'cost.json'
    arguments = command(narrow, out, 'lr', 'sodgan')
    cost.main([*arguments, '--inputs', '48x32', '--seed', '3'])
    result = json.loads(out.read_text())
    assert result['command'].startswith(f'tools/benchmark/cost.py {BENCHMARK} --sys')
    expected = dict(device='cpu', threads=1, seed=3, bf16=False, rounds=2)
    assert {key: result[key] for key in expected} == expected
    assert result['torch'] == torch.__version__
    assert {'commit', 'hardware', 'notes', 'channels_last'} <= result.keys()
    for system in result['systems'].values():
        assert system['trained'] is False
        assert system['parameters'] <= system['parameters_training']
    cells = result['cells']
    assert [(c['what'], c['input'], c['batch']) for c in cells] == [
        ('inference', [48, 32], 1),
        ('training', [48, 32], 1),
    ]
    for cell in cells:
        base = cell['results']['lr']['samples']
        for figures in cell['results'].values():
            samples = figures['samples']
            assert figures['n'] == len(samples) == 2 and min(samples) > 0
            assert figures['median'] == pytest.approx(np.median(samples))
            assert figures['q1'] <= figures['median'] <= figures['q3']
            assert figures['peak_memory_mib'] == 12.5
            ratios = np.divide(samples, base)
            assert figures['ratio_to'] == {'lr': pytest.approx(np.median(ratios))}
            assert ('gflops' in figures) == (cell['what'] == 'inference')
    inference = cells[0]['results']
    assert inference['sodgan']['gflops'] > inference['lr']['gflops'] > 0
    assert 0 < inference['lr']['rois'] <= 50


def test_ratio_is_the_median_of_those_within_the_rounds(cost, no_peaks, monkeypatch):
    times = dict(lr=[10.0, 20.0, 40.0], sodgan=[30.0, 20.0, 50.0])
    monkeypatch.setattr(cost, 'Work', lambda *args: None)
    monkeypatch.setattr(cost, 'count', lambda work: dict(gflops=1.0, rois=2.0))
    monkeypatch.setattr(cost, 'interleave', lambda works, rounds: (times, {}))
    cell = cost.measure_cell(
        dict(lr=None, sodgan=None), 'inference', (32, 32), 2, 2, None, 3
    )
    sodgan = cell['results']['sodgan']
    # The medians' ratio would be 1.5.
    assert sodgan['ratio_to'] == {'lr': 1.25}
    assert sodgan['median'] == 15 and cell['results']['lr']['median'] == 10
    assert cell['results']['lr']['ratio_to'] == {'lr': 1}


def test_published_parameters_are_those_of_testing(cost, system, setting):
    def size(*parts):
        return sum(p.numel() for part in parts for p in part.parameters())

    model, _ = cost.build(system('sodgan'), setting)
    described = cost.describe(system('sodgan'), model)
    used = (model.backbone, model.neck, model.rpn_head, model.roi_head)
    published = size(*used, model.generator)
    extra = size(model.discriminator, model.hr_branch)
    assert described['parameters'] == published
    assert described['parameters_training'] == published + extra
    assert extra > 0
    model, _ = cost.build(system('lr'), setting)
    described = cost.describe(system('lr'), model)
    assert described['parameters'] == described['parameters_training'] == size(model)


def test_system_without_memory_is_recorded_and_the_others_remain(
    cost, no_peaks, monkeypatch, narrow, tmp_path
):
    whole = cost.Work

    def work(system, what, size, *args):
        if system.name == 'upscaled' and size == (48, 48):
            raise torch.OutOfMemoryError('CUDA out of memory. Tried 9 GiB.\nMore')
        return whole(system, what, size, *args)

    monkeypatch.setattr(cost, 'Work', work)
    arguments = command(narrow, tmp_path / 'cost.json', 'lr', 'upscaled')
    cost.main([*arguments, '--what', 'inference', '--inputs', '48x48', '32x32'])
    small, large = (
        cell['results']
        for cell in reversed(json.loads((tmp_path / 'cost.json').read_text())['cells'])
    )
    sentence = 'CUDA out of memory. Tried 9 GiB.'
    assert large['upscaled'] == dict(out_of_memory=sentence)
    assert large['lr']['ratio_to'] == {'lr': 1}
    assert small['upscaled']['ratio_to'].keys() == {'lr', 'upscaled'}


def test_interruption_leaves_what_was_measured(
    cost, no_peaks, monkeypatch, narrow, tmp_path
):
    whole, calls = cost.measure_cell, []

    def cell(*args):
        calls.append(args)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return whole(*args)

    monkeypatch.setattr(cost, 'measure_cell', cell)
    arguments = command(narrow, tmp_path / 'cost.json', 'lr')
    with pytest.raises(KeyboardInterrupt):
        cost.main([*arguments, '--what', 'inference', '--inputs', '32x32', '48x48'])
    (cell,) = json.loads((tmp_path / 'cost.json').read_text())['cells']
    assert cell['input'] == [32, 32]


def test_multiply_add_counts_as_two_operations(cost):
    head = torch.nn.Conv2d(3, 4, 1, bias=False)
    work = SimpleNamespace(
        model=SimpleNamespace(roi_head=SimpleNamespace(bbox_head=head)),
        prepare=lambda: dict(inputs=[0, 0]),
        run=lambda data: head(torch.zeros(6, 3, 8, 8)),
    )
    expected = 6 * 8 * 8 * 3 * 4 * 2 / 2 / 1e9
    assert cost.count(work) == dict(gflops=pytest.approx(expected), rois=3)


def test_inputs_are_of_the_resolution_that_each_system_is_for(cost, system, setting):
    for name, what, side in (
        ('sodgan', 'inference', 32),
        ('oracle', 'inference', 64),
        ('sodgan', 'training', 64),
        ('oracle', 'training', 64),
    ):
        work = cost.Work(system(name), what, (32, 32), 2, 2, setting)
        assert [x.shape for x in work.data['inputs']] == [(3, side, side)] * 2
        boxes = work.data['data_samples'][0].gt_instances.bboxes
        assert 5 <= (boxes[:, 2:] - boxes[:, :2]).min() * 32 / side
        assert boxes.min() >= 0 and boxes.max() <= side


@pytest.mark.parametrize(
    'arguments, reason',
    [
        (['--systems', 'none'], 'none is no row of .*: choose from lr'),
        (['--systems', 'a=none.py'], 'none.py does not exist'),
        (['--systems', 'oracle'], 'scale_factor .*: choose other systems'),
        (['--checkpoints', 'b=x.pth'], '--checkpoints b: there is no such system'),
        (['--checkpoints', 'lr=x.pth'], 'x.pth does not exist'),
    ],
)
def test_wrong_arguments_are_refused_in_a_sentence(cost, arguments, reason):
    with pytest.raises(SystemExit, match=reason):
        cost.main([BENCHMARK, *SHORT, *arguments])


def test_weights_of_another_config_are_refused(cost, system, setting, tmp_path):
    path = str(tmp_path / 'other.pth')
    torch.save(dict(state_dict={'layer.weight': torch.zeros(2)}), path)
    with pytest.raises(SystemExit, match=f'--checkpoints lr: {re.escape(path)} does'):
        cost.build(system('lr')._replace(checkpoint=path), setting)


def test_weights_are_read(cost, system, setting, narrow, tmp_path):
    model = MODELS.build(Config.fromfile(narrow['lr']).model)
    torch.save(dict(state_dict=model.state_dict()), tmp_path / 'lr.pth')
    taught = system('lr')._replace(checkpoint=str(tmp_path / 'lr.pth'))
    built, _ = cost.build(taught, setting)
    for key, value in built.state_dict().items():
        assert torch.equal(value, model.state_dict()[key])
    assert cost.describe(taught, built)['trained'] is True
