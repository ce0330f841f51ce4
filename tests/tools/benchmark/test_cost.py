import json
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from tools.benchmark import cost
from tools.benchmark.systems import System
from tools.benchmark.work import Work


@pytest.fixture(autouse=True)
def no_processes(monkeypatch):
    """Without the fresh processes, which import everything again."""
    monkeypatch.setattr(cost, 'peak_memory', lambda make: dict(peak_memory_mib=12.5))


def test_result_has_every_figure_and_how_it_was_made(measure):
    options = ('--rounds', 2, '--batch', 2, '--inputs', '48x32', '--seed', 3)
    what = ('--what', 'inference', 'onnxruntime', 'training')
    result = measure('cost', ('lr', 'sodgan', 'upscaled'), *options, *what)
    expected = dict(device='cpu', threads=1, seed=3, rounds=2)
    expected |= dict(onnx_threads=2, scale_factor=2, torch=torch.__version__)
    assert {key: result[key] for key in expected} == expected
    assert 'python -m tools.benchmark.measure cost deeppcb-160_r18' in result['command']
    assert {'commit', 'hardware', 'notes', 'memory_kept'} <= result.keys()
    for system in result['systems'].values():
        assert system['trained'] is False
        assert system['parameters'] <= system['parameters_training']
    cells = result['cells']
    assert [cell['what'] for cell in cells] == ['inference', 'onnxruntime', 'training']
    for cell in cells:
        assert cell['input'] == [48, 32] and cell['batch'] == 2
        base = cell['results']['lr']['samples']
        for name in ('lr', 'sodgan'):
            figures = cell['results'][name]
            samples = figures['samples']
            assert figures['n'] == len(samples) == 2 and min(samples) > 0
            assert figures['median'] == pytest.approx(np.median(samples))
            assert figures['peak_memory_mib'] == 12.5
            over_lr = np.median(np.divide(samples, base))
            assert figures['ratio_to']['lr'] == pytest.approx(over_lr)
            assert ('gflops' in figures) == (cell['what'] == 'inference')
    plain, onnx = (cell['results'] for cell in cells[:2])
    assert plain['sodgan']['gflops'] > plain['lr']['gflops'] > 0
    for row in ('lr', 'sodgan'):
        assert 0 < plain[row]['rois'] <= 50
    over = np.divide(onnx['lr']['samples'], plain['lr']['samples'])
    assert onnx['lr']['ratio_to_pytorch'] == pytest.approx(np.median(over))
    assert 'UpscaledInputPreprocessor' in onnx['upscaled']['not_exported']


def test_system_without_memory_is_recorded_and_what_was_measured_stays(
    measure, monkeypatch, tmp_path
):
    def peak(make):
        system, _, size, *_ = make.args
        if size == (48, 48):
            raise KeyboardInterrupt
        short = dict(out_of_memory='Tried 9 GiB.')
        return short if system.name == 'upscaled' else dict(peak_memory_mib=1.0)

    monkeypatch.setattr(cost, 'peak_memory', peak)
    options = ('--what', 'inference', '--batch', 1, '--rounds', 1)
    with pytest.raises(KeyboardInterrupt):
        measure('cost', ('lr', 'upscaled'), *options, '--inputs', '32x32', '48x48')
    (cell,) = json.loads((tmp_path / 'new' / 'result.json').read_text())['cells']
    assert cell['results']['upscaled'] == dict(out_of_memory='Tried 9 GiB.')
    assert cell['results']['lr']['ratio_to'] == {'lr': 1}


def test_multiply_add_counts_as_two_operations():
    head = torch.nn.Conv2d(3, 4, 1, bias=False)
    work = SimpleNamespace(
        model=SimpleNamespace(
            roi_head=SimpleNamespace(bbox_head=SimpleNamespace(fc_cls=head))
        ),
        training=False,
        units=2,
        prepare=dict,
        run=lambda data: head(torch.zeros(6, 3, 8, 8)),
    )
    expected = 6 * 8 * 8 * 3 * 4 * 2 / 2 / 1e9
    assert cost.count(work) == dict(gflops=pytest.approx(expected), rois=3)


def test_detector_of_one_stage_has_no_rois(setting):
    system = System('rtmdet', 'configs/baselines/rtmdet-tiny_deeppcb-160.py', {})
    work = Work(system, 'inference', (64, 64), 1, 2, setting)
    found = cost.count(work)
    assert [*found] == ['gflops'] and found['gflops'] > 0.1
    work.run(work.prepare())
