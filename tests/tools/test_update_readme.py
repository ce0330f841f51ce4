import json

import pytest

README = """Intro.

<!-- benchmark:begin -->
old
<!-- benchmark:end -->
"""


def spread(mean, sd=0.01, n=3):
    return dict(mean=mean, sd=sd, n=n)


def trained(label, small, **kwargs):
    """A row of summary.json; AP is half of AP_S."""
    metrics = dict(AP=spread(small / 2), AP_S=spread(small))
    config = 'sodgan/sodgan-faster-rcnn_r18_fpn_1x_coco.py'
    row = dict(label=label, seeds=[0, 1, 2], config=config, metrics=metrics)
    return (
        row
        | dict(
            epochs=[6],
            inference_ms=None,
            gap_recovered=dict.fromkeys(('AP', 'AP_S'), spread(None, None, 0)),
        )
        | kwargs
    )


@pytest.fixture
def summary():
    """SODGAN loses to the control and to the LR baseline."""
    rows = dict(
        lr=trained('LR baseline', 0.25),
        upscaled=dict(label='up-scaled input', config='none.py', seeds=[]),
        oracle=trained('HR oracle', 0.5),
        sodgan=trained(
            'SODGAN',
            0.2,
            gap_recovered=dict(AP=spread(-0.1, 0.05), AP_S=spread(-0.2, 0.05)),
            minus_control=dict(AP_S=spread(-0.1, None, 1), AP=spread(-0.05, 0.02)),
        ),
        control=trained('control', 0.3),
    )
    conditions = dict(train_annotations=['trainval_400'])
    return dict(benchmark='tiny', conditions=conditions, inference=None, rows=rows)


@pytest.fixture
def render(tool, tmp_path, monkeypatch):
    """README made from a summary, or without one."""
    module = tool('analysis_tools/update_readme.py')
    monkeypatch.setattr(module, 'RESULTS', tmp_path)

    def run(summary):
        if summary is not None:
            folder = tmp_path / 'benchmark' / module.BENCHMARK
            folder.mkdir(parents=True)
            (folder / 'summary.json').write_text(json.dumps(summary))
        return module.render(README)

    return run


def test_benchmark_that_was_not_run_is_told(render):
    text = render(None)
    assert 'begin -->\nBenchmark: not measured yet.\n<!--' in text and 'old' not in text


def test_headline_reads_right_when_sodgan_loses(render, summary):
    text = render(summary)
    assert (
        '| LR baseline | 25.0 ± 1.0 | 12.5 ± 1.0 | - | - | 6 | 3 |\n'
        '| up-scaled input | not trained |  |  |  |  |  |\n'
        '| SODGAN | 20.0 ± 1.0 | 10.0 ± 1.0 | -20 ± 5 % | - | 6 | 3 |\n'
        '| control | 30.0 ± 1.0 | 15.0 ± 1.0 | - | - | 6 | 3 |\n'
        '| HR oracle | 50.0 ± 1.0 | 25.0 ± 1.0 | - | - | 6 | 3 |\n\n'
        'SODGAN minus control, paired by seed: -10.0 AP_S and -5.0 ± 2.0 AP (1 seed).'
    ) in text
    assert 'pareto' not in text and 'time of inference' not in text


def test_times_are_relative_to_the_lr_baseline(render, summary):
    summary['inference'] = dict(ms=dict(lr=10.0, sodgan=15.0), hardware='a CPU')
    summary['rows']['lr']['inference_ms'] = 10.0
    summary['rows']['sodgan']['inference_ms'] = 15.0
    text = render(summary)
    assert 'trainval_400; time of inference on a CPU, batch 1. AP in' in text
    assert '| -20 ± 5 % | × 1.50 | 6 | 3 |' in text
    assert '| control | 30.0 ± 1.0 | 15.0 ± 1.0 | - | - | 6 | 3 |' in text
    assert 'pareto.png)' in text


def test_rows_that_are_not_there_are_left_out(render, summary):
    for name in ('sodgan', 'control', 'upscaled'):
        del summary['rows'][name]
    text = render(summary)
    assert '| 6 | 3 |\n| HR oracle |' in text
    assert 'SODGAN' not in text and 'minus' not in text
