import json
from types import SimpleNamespace

import numpy as np
import pytest
import torch


@pytest.fixture
def cost(benchmark_tool, monkeypatch):
    """Without the fresh processes, which import everything again."""
    module = benchmark_tool('cost')
    monkeypatch.setattr(module, 'peak_memory', lambda kind, *args: (12.5, None))
    return module


def test_result_has_every_figure_and_how_it_was_made(cost, measure, tmp_path):
    out = tmp_path / 'new' / 'cost.json'
    options = ('--rounds', 2, '--batch', 2, '--inputs', '48x32', '--seed', 3)
    what = ('--what', 'inference', 'onnxruntime', 'training')
    measure('cost', ('lr', 'sodgan', 'upscaled'), *options, *what, '--out', out)
    result = json.loads(out.read_text())
    expected = dict(device='cpu', threads=1, seed=3, bf16=False, rounds=2)
    expected |= dict(onnx_threads=2, scale_factor=2, torch=torch.__version__)
    assert {key: result[key] for key in expected} == expected
    assert 'python -m tools.benchmark.measure cost deeppcb-160_r18' in result['command']
    assert {'commit', 'hardware', 'notes', 'channels_last'} <= result.keys()
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
            assert figures['q1'] <= figures['median'] <= figures['q3']
            assert figures['peak_memory_mib'] == 12.5
            over_lr = np.median(np.divide(samples, base))
            assert figures['ratio_to']['lr'] == pytest.approx(over_lr)
            assert ('gflops' in figures) == (cell['what'] == 'inference')
    plain, onnx = (cell['results'] for cell in cells[:2])
    assert plain['sodgan']['gflops'] > plain['lr']['gflops'] > 0
    assert 0 < plain['lr']['rois'] <= 50
    over = np.divide(onnx['lr']['samples'], plain['lr']['samples'])
    assert onnx['lr']['ratio_to_pytorch'] == pytest.approx(np.median(over))
    assert 'UpscaledInputPreprocessor' in onnx['upscaled']['not_exported']


def test_ratio_is_the_median_of_those_within_the_rounds(cost, monkeypatch):
    times = cost.pd.DataFrame({0: [10.0, 20.0, 40.0], 1: [30.0, 20.0, 50.0]})
    keys = [('inference', 'lr'), ('inference', 'sodgan')]
    times.columns = cost.pd.Index(keys, tupleize_cols=False)
    monkeypatch.setattr(cost, 'interleave', lambda makers, rounds: (times, {}))
    found = cost.measure_together(dict.fromkeys(keys, (None,)), 2, 3)
    # The medians' ratio would be 1.5; times are those of an image.
    assert found[keys[1]]['ratio_to'] == {'lr': 1.25}
    assert found[keys[1]]['median'] == 15 and found[keys[0]]['median'] == 10


def test_system_without_memory_is_recorded_and_what_was_measured_stays(
    cost, measure, monkeypatch, tmp_path
):
    whole, sizes = cost.Work, []

    def work(system, what, size, *args):
        sizes.append(size)
        if system.name == 'upscaled':
            raise torch.OutOfMemoryError('CUDA out of memory. Tried 9 GiB.\nMore')
        if size == (48, 48):
            raise KeyboardInterrupt
        return whole(system, what, size, *args)

    monkeypatch.setattr(cost, 'Work', work)
    out, inputs = tmp_path / 'cost.json', ('--inputs', '32x32', '48x48')
    options = ('--what', 'inference', '--batch', 1, '--rounds', 1, *inputs)
    with pytest.raises(KeyboardInterrupt):
        measure('cost', ('lr', 'upscaled'), *options, '--out', out)
    (cell,) = json.loads(out.read_text())['cells']
    sentence = 'CUDA out of memory. Tried 9 GiB.'
    assert cell['results']['upscaled'] == dict(out_of_memory=sentence)
    assert cell['results']['lr']['ratio_to'] == {'lr': 1}


def test_multiply_add_counts_as_two_operations(cost):
    head = torch.nn.Conv2d(3, 4, 1, bias=False)
    work = SimpleNamespace(
        model=SimpleNamespace(roi_head=SimpleNamespace(bbox_head=head)),
        prepare=lambda: dict(inputs=[0, 0]),
        run=lambda data: head(torch.zeros(6, 3, 8, 8)),
    )
    expected = 6 * 8 * 8 * 3 * 4 * 2 / 2 / 1e9
    assert cost.count(work) == dict(gflops=pytest.approx(expected), rois=3)
