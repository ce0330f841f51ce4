import base64

from mmdet_sodgan.apps.report import read_work_dir
from mmdet_sodgan.apps.report.curves import draw_curves


def svg(address):
    data = address.removeprefix('data:image/svg+xml;base64,')
    return base64.b64decode(data).decode()


def test_every_term_of_the_log_is_in_one_chart(work_dir):
    run = read_work_dir(work_dir())
    run.steps[0] |= {'loss_d_real': 1, 'grad_norm_g': 1, 'generator.lr': 1, 'acc': 1}
    charts = {title: svg(address) for title, address in draw_curves([run])}
    assert list(charts) == [
        'validation AP',
        'total loss',
        "D's loss",
        'adversarial terms of G',
        'reconstruction',
        "D's mean output",
        'gradient norm',
        'learning rate',
    ]
    for name in ('loss_mse', 'loss_g_adv', 'loss_d_real', 'd_real', 'grad_norm_g'):
        assert sum(f'>{name}<' in chart for chart in charts.values()) == 1
    # The AP of large objects is -1, as there are none.
    assert 'bbox_mAP<' in charts['validation AP']
    assert 'bbox_mAP_l<' not in charts['validation AP']


def test_two_runs_are_named_in_the_legend(work_dir):
    runs = [read_work_dir(work_dir(name)) for name in ('one', 'two')]
    chart = svg(dict(draw_curves(runs))['total loss'])
    assert 'loss, one<' in chart and 'loss, two<' in chart


def test_run_without_log_has_no_chart(work_dir):
    run = read_work_dir(work_dir())
    run.steps, run.validations = [], []
    assert draw_curves([run]) == []
