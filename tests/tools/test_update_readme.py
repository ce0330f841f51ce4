import json

import pytest

README = """Intro.

<!-- front:begin -->
old
<!-- front:end -->
<!-- benchmark:begin -->
old
<!-- benchmark:end -->
<!-- others:begin -->
old
<!-- others:end -->
"""


def spread(mean, sd=0.01, n=3):
    return dict(mean=mean, sd=sd, n=n)


def trained(label, small, **kwargs):
    """A row of summary.json; AP is half of AP_S."""
    metrics = dict(AP=spread(small / 2), AP_S=spread(small))
    row = dict(label=label, seeds=[0, 1, 2], epochs=[6], input_px=160, metrics=metrics)
    times = ('inference_ms', 'inference_over_lr', 'onnxruntime_over_lr')
    return dict(row, other=False) | dict.fromkeys(times) | kwargs


@pytest.fixture
def summary():
    """SODGAN loses to the control and to the LR baseline."""
    over = spread(-0.02) | dict(interval=[-0.03, -0.01])
    ratio = spread(1.2, n=1) | dict(interval=None)
    rows = dict(
        **{
            'lr-started': trained('LR baseline', 0.25),
            'distilled': dict(label='distilled', seeds=[]),
        },
        oracle=trained('HR oracle', 0.5),
        sodgan=trained(
            'SODGAN',
            0.2,
            over_curve=dict(AP_S=dict(ahead=over, time_ratio=ratio)),
            minus_control=dict(
                AP_S=spread(-0.1) | dict(interval=[-0.15, -0.05]),
                AP=spread(-0.05) | dict(interval=None),
            ),
        ),
        control=trained('control', 0.3),
    )
    conditions = dict(
        train_annotations=['some'], test_annotations=['others'], loaded_px=[320]
    )
    made = dict(benchmark='tiny', preset='cpu', conditions=conditions)
    return dict(made, inference=None, rows=rows)


@pytest.fixture
def render(tool, tmp_path, monkeypatch):
    """README made from a summary."""
    module = tool('analysis_tools/update_readme.py')
    monkeypatch.setattr(module, 'RESULTS', tmp_path)

    def run(summary):
        path = tmp_path / module.DEEPPCB
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps(summary))
        return module.render(README)

    return run


def test_headline_reads_right_when_sodgan_loses(render, summary):
    text = render(summary)
    assert (
        'annotations some for training, others for testing, images of 320 px, reduced '
        'to the input of each row. AP in'
    ) in text
    assert (
        '| LR baseline | 160 | 25.0 ± 1.0 | 12.5 ± 1.0 |  |  | - | 6 | 0, 1, 2 |\n'
        '| distilled | not trained |  |  |  |  |  |  |  |\n'
        '| control | 160 | 30.0 ± 1.0 | 15.0 ± 1.0 |  |  | - | 6 | 0, 1, 2 |\n'
        '| SODGAN | 160 | 20.0 ± 1.0 | 10.0 ± 1.0 | -2.0 (-3.0 to -1.0) '
        '| 1.20 (1 of 3 seeds) | - '
        '| 6 | 0, 1, 2 |\n'
        '| HR oracle | 160 | 50.0 ± 1.0 | 25.0 ± 1.0 |  |  | - | 6 | 0, 1, 2 |\n\n'
        'SODGAN minus control, paired by seed: -10.0 (-15.0 to -5.0) AP_S, -5.0 AP '
        '(3 seeds).'
    ) in text
    assert not [x for x in ('old', 'pareto', 'inference on') if x in text]
    assert 'all students start' not in text


def test_one_teacher_of_all_seeds_is_told(render, summary):
    summary['conditions']['teacher'] = ['oracle_seed0.json']
    assert 'its own. Note: all students start from oracle_seed0, so' in render(summary)


def test_times_are_relative_to_the_lr_baseline(render, summary):
    summary['inference'] = dict(hardware='a CPU', onnx_threads=2)
    summary['rows']['lr-started'].update(inference_ms=10.0, inference_over_lr=1.0)
    summary['rows']['sodgan'].update(inference_ms=16.0, inference_over_lr=1.5)
    text = render(summary)
    assert '| **SODGAN** | 160 | 20.0 | 10.0 | 1.50 |' in text
    assert 'each row; inference on a CPU, batch 1. AP in' in text
    assert '| 1.20 (1 of 3 seeds) | 1.50 | 6 |' in text
    assert '| control | 160 | 30.0 ± 1.0 | 15.0 ± 1.0 |  |  | - | 6 |' in text
    assert text.count('pareto.png)') == 2


def test_other_methods_stand_beside_sodgan_best_first(render, summary):
    summary['inference'] = dict(hardware='a CPU', onnx_threads=2)
    behind = spread(-0.02, n=1) | dict(interval=None)
    ssd = trained(
        'SSD', 0.3, other=True, inference_ms=5.0, minus_sodgan=dict(AP=behind)
    )
    summary['rows']['ssd'] = ssd | dict(inference_over_lr=0.5, onnxruntime_over_lr=0.25)
    summary['rows']['roi'] = dict(label='at the RoI', seeds=[])
    others = render(summary).split('<!-- others:begin -->')[1]
    lines = [line for line in others.splitlines() if line.startswith('| ')][2:]
    names = [line.split(' | ')[0] for line in lines]
    assert names == ['| HR oracle', '| control', '| SSD', '| LR baseline', '| SODGAN']
    cells = (
        '| SSD | 160 | 30.0 ± 1.0 | 15.0 ± 1.0 | -2.0 (1 of 3 seeds) | 0.50 | 0.25 |'
    )
    assert lines[2].startswith(cells)
    assert 'onnxruntime with 2 threads' in others
    assert 'pareto_others.png)' in others


def test_no_picture_of_others_without_their_times(render, summary):
    summary['rows']['lr-started'].update(inference_ms=10.0, inference_over_lr=1.0)
    summary['rows']['ssd'] = trained('SSD', 0.3, other=True)
    text = render(summary)
    assert text.count('pareto.png)') == 2 and 'pareto_others' not in text


def test_rows_that_are_not_there_are_left_out(render, summary):
    for name in ('sodgan', 'control', 'lr-started', 'distilled'):
        del summary['rows'][name]
    front, benchmark = render(summary).split('<!-- benchmark:begin -->')
    benchmark = benchmark.split('<!-- others:begin -->')[0]
    assert '| --- |\n| HR oracle |' in benchmark
    assert 'SODGAN' not in benchmark and 'minus' not in benchmark
    assert '| plain detector | not trained |' in front
    last = '| plain detector on full-resolution images | 160 | 50.0 | 25.0 | - | 3 |'
    assert last in front
