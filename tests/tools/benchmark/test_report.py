"""The page, figures and refusals of a benchmark's report."""

import cv2
import pytest
from matplotlib.figure import Figure

from tools.benchmark import report as module
from tools.benchmark import report_figures, results, settings

LOSSES = ('loss_rpn_cls', 'loss_rpn_bbox', 'loss_cls', 'loss_bbox')
SCORES = dict(lr=[0.25, 0.25], sodgan=[0.375, 0.5], upscaled=[0.25], oracle=[0.75] * 2)
RESULTS = 'docs/results/benchmark/tiny_cpu'
PAGE = 'docs/lab_notes/benchmark_tiny_cpu.md'


def result(row, seed, score, **kwargs):
    keys = ('mAP', 'mAP_50', 'mAP_75', 'mAP_s', 'mAP_m')
    buckets = [
        dict(name=f'{a}_{b}', sides=[a, b], aggregate=False, num_gt=4, AP=score)
        for a, b in ((0, 8), (8, 16))
    ]
    train = [dict(step=s, **dict.fromkeys(LOSSES, 1 / s)) for s in (20, 40)]
    val = [{'step': epoch, 'coco/bbox_mAP': score * epoch / 2} for epoch in (1, 2)]
    made_with = dict(commit='abc', hardware='a CPU', torch='2')
    found = dict(
        config=f'{row}.py',
        parameters=1_500_000,
        iterations=40,
        median_iteration_seconds=0.25,
        metrics={f'coco/bbox_{key}': score for key in keys},
        buckets=buckets,
        curves=dict(train=train, val=val),
    )
    return made_with | found | kwargs


@pytest.fixture
def add(put):
    """Writes the result of a run that reached a score."""
    return lambda row, seed, score, **kwargs: put(
        row, seed, **result(row, seed, score, **kwargs)
    )


@pytest.fixture
def report(tiny, add):
    """The module, for a root of its own with a benchmark of five rows."""
    for row in ('oracle', 'lr', 'upscaled', 'sodgan'):
        for seed, score in enumerate(SCORES[row]):
            add(row, seed, score)
    return module


def line(root, label):
    """Cells of the first line of a row in the page."""
    lines = (root / PAGE).read_text().splitlines()
    found = next(text for text in lines if text.startswith(f'| {label} |'))
    return [cell.strip() for cell in found.split('|')[2:-1]]


def summary(root):
    return results.read(root / RESULTS / 'summary.json')


def check_refused(report, root, match):
    """See that the report is refused in one sentence, with nothing written."""
    before = sorted(root.rglob('*'))
    with pytest.raises(SystemExit, match=match) as caught:
        report.write_report('tiny', 'cpu')
    assert '\n' not in str(caught.value)
    assert sorted(root.rglob('*')) == before


def test_page_has_the_figures_of_all_rows(report, tmp_path):
    report.write_report('tiny', 'cpu')
    # Deviation of (0.375, 0.5): 0.0884.
    five = ['43.8 ± 8.8'] * 5
    rest = ['1.5', '0.25', 'not measured']
    assert line(tmp_path, 'SODGAN') == ['2', '2 + 3', '32', *five, *rest]
    assert line(tmp_path, 'up-scaled input')[:4] == ['1', '2', '64', '25.0']
    assert line(tmp_path, 'HR oracle')[2] == '64'
    text = (tmp_path / PAGE).read_text()
    assert '\nNot trained: control.\n' in text and '| control |' not in text
    # Minus SODGAN, the control is untrained: -12.5 and -25, so -18.75 ± 12.706 * 6.25.
    assert '| LR baseline | -18.8 (-98.2 to +60.7) |' in text
    assert 'Over the resized inputs' not in text
    rows = summary(tmp_path)['rows']
    assert list(rows) == ['lr', 'sodgan', 'upscaled', 'control', 'oracle']
    assert (rows['control']['seeds'], rows['sodgan']['seeds']) == ([], [0, 1])
    assert summary(tmp_path)['inference'] is None
    for condition in ('train_9', 'batch 3', 'seeds 0, 1'):
        assert condition in text


def test_page_says_that_one_teacher_is_no_part_of_the_spread(
    report, tmp_path, add, monkeypatch
):
    (tmp_path / RESULTS / 'sodgan_seed1.json').unlink()
    report.write_report('tiny', 'cpu')
    assert 'all students start from' not in (tmp_path / PAGE).read_text()
    monkeypatch.setitem(settings.load_benchmark('tiny').presets.cpu, 'teacher_seed', 0)
    for seed, score in enumerate(SCORES['sodgan']):
        add('sodgan', seed, score)
    report.write_report('tiny', 'cpu')
    told = 'all students start from oracle_seed0, so deviations and intervals'
    assert told in (tmp_path / PAGE).read_text()


def test_rows_of_one_config_share_its_time(report):
    rows = {name: dict(config=name[0]) for name in ('a', 'a-started', 'b')}
    rows |= {
        name: dict(config='a', cfg_options={option: value})
        for name, option, value in zip(
            ('a-upscaled', 'a-resized'), report.ENLARGING, ('X', 1.5), strict=True
        )
    }
    rows['a-resized-supervised'] = rows['a-resized']
    times = {'a': 2.0, 'a-resized': 5.0}
    found = [report.of_config(name, rows, times) for name in rows]
    assert found == [2.0, 2.0, None, None, 5.0, 5.0]
    assert report.of_config('a', rows, {}) is None
    times['a-started'] = 3.0
    assert report.of_config('a-started', rows, times) == 3.0


def test_report_is_the_same_when_made_again(report, tmp_path):
    report.write_report('tiny', 'cpu')
    first = {p: p.read_bytes() for p in tmp_path.rglob('*') if p.is_file()}
    report.write_report('tiny', 'cpu')
    assert {p: p.read_bytes() for p in tmp_path.rglob('*') if p.is_file()} == first


@pytest.mark.parametrize('name', ['ap_by_size', 'curves'])
def test_figures_show_all_rows(report, tmp_path, name):
    file = f'benchmark_tiny_cpu_{name}.png'
    pictures = []
    for _ in range(2):
        report.write_report('tiny', 'cpu')
        assert f'(../images/{file})' in (tmp_path / PAGE).read_text()
        pictures.append(cv2.imread(str(tmp_path / 'docs' / 'images' / file)))
        for path in (tmp_path / RESULTS).glob('sodgan_seed*.json'):
            path.unlink()
    full, fewer = pictures
    assert full.std() > 0
    assert full.shape != fewer.shape or (full != fewer).any()


def measure(root, device, *cells, **systems):
    """Write a file of ``measure cost``; what is to be said of systems by name."""
    for row in ('lr', 'sodgan', 'upscaled'):
        systems[row] = dict(config=f'configs/{row}.py') | systems.get(row, {})
    made_with = dict(hardware=f'a {device}', commit='def', scale_factor=2)
    path = root / f'docs/results/cost/tiny_{device}.json'
    results.save(dict(made_with, systems=systems, cells=cells), path)


def cell(what='inference', size=(32, 32), batch=1, **ms):
    results = {
        row: dict(median=value, ratio_to=dict(lr=value + 1))
        for row, value in ms.items()
    }
    results['upscaled'] = dict(out_of_memory='no memory')
    return dict(what=what, input=size, batch=batch, results=results)


def test_times_are_those_at_the_size_of_the_benchmark(report, tmp_path):
    own = cell(lr=10.0, sodgan=20.0)
    others = [
        cell('training', lr=1.0),
        cell(size=(64, 64), lr=2.0),
        cell(batch=8, lr=3.0),
    ]
    exported = cell('onnxruntime', lr=4.0, sodgan=6.0)
    exported['results']['sodgan'] = dict(not_exported='no')
    measure(tmp_path, 'cpu', *others, own, exported)
    measure(tmp_path, 'cuda', cell(lr=4.0))
    report.write_report('tiny', 'cpu')
    assert line(tmp_path, 'LR baseline')[-1] == '10.0'
    assert line(tmp_path, 'SODGAN')[-1] == '20.0'
    assert line(tmp_path, 'up-scaled input')[-1] == 'not measured'
    lr, sodgan, *_ = summary(tmp_path)['rows'].values()
    # The median of the ratios in cost.py's file, not the ratio of the medians.
    assert sodgan['inference_over_lr'] == 21.0
    assert (lr['onnxruntime_over_lr'], sodgan['onnxruntime_over_lr']) == (5.0, None)
    assert not sodgan['other']
    assert '32 x 32 px, batch 1, float32, a cpu' in (tmp_path / PAGE).read_text()
    picture = tmp_path / 'docs/images/benchmark_tiny_cpu_pareto.png'
    assert cv2.imread(str(picture)).std() > 0


def test_times_of_another_config_under_a_rows_name_are_refused(report, tmp_path):
    old = dict(config='configs/old.py')
    measure(tmp_path, 'cpu', cell(lr=10.0), sodgan=old)
    check_refused(report, tmp_path, "tiny_cpu.json .*old.py.* as 'sodgan', which has")
    # Of sizes that are not used nothing is asked, and without times is no figure.
    measure(tmp_path, 'cpu', cell(size=(64, 64), lr=10.0), sodgan=old)
    report.write_report('tiny', 'cpu')
    assert line(tmp_path, 'LR baseline')[-1] == 'not measured'
    assert not list(tmp_path.rglob('*pareto*'))
    assert 'pareto' not in (tmp_path / PAGE).read_text()


def test_time_of_another_network_than_was_trained_is_left_out(report, tmp_path, capsys):
    same, other = dict(parameters_training=1_500_000), dict(parameters_training=9)
    measure(tmp_path, 'cpu', cell(lr=10.0, sodgan=20.0), lr=same, sodgan=other)
    report.write_report('tiny', 'cpu')
    assert line(tmp_path, 'LR baseline')[-1] == '10.0'
    assert line(tmp_path, 'SODGAN')[-1] == 'not measured'
    assert "another network than 'sodgan' was trained as" in capsys.readouterr().out


def test_time_of_a_network_counts_with_another_discriminator_in_training(
    report, add, tmp_path
):
    # The control has SODGAN's network, and in training less than what was timed.
    timed = dict(parameters_training=7)
    add('control', 0, 0.5, parameters=7)
    measure(tmp_path, 'cpu', cell(lr=10.0, sodgan=20.0), sodgan=timed)
    report.write_report('tiny', 'cpu')
    assert line(tmp_path, 'SODGAN')[-1] == '20.0'


def test_other_methods_have_a_figure_of_their_own_and_ablations_none(
    report, monkeypatch, tmp_path
):
    drawn = []
    figures = report_figures
    pareto = figures.pareto
    monkeypatch.setattr(
        figures, 'pareto', lambda rows, *args: drawn.extend(rows) or pareto(rows, *args)
    )
    row = dict(
        label='a row',
        seeds=[0],
        inference_ms=2.0,
        buckets=[],
        metrics=dict(AP_S=dict(mean=0.5, sd=None, n=1)),
    )
    changed = dict(lr=False, control=True, sodgan=False)
    changed |= {'wo-mse': True, 'resized-1.5': True}
    rows = {key: dict(row, changed=v, other=False) for key, v in changed.items()}
    rows['roi'] = dict(row, changed=True, other=True)
    monkeypatch.setattr(figures, 'ap_by_size', lambda *args: Figure())
    monkeypatch.setattr(figures, 'curves', lambda *args: Figure())
    figures.draw_figures(dict(rows=rows), [], tmp_path, 'x')
    own = ['lr', 'control', 'sodgan', 'resized-1.5']
    assert drawn == [*own, 'sodgan', 'resized-1.5', 'roi']


def test_results_of_several_commits_are_named(report, tmp_path, add):
    add('sodgan', 1, 0.5, commit='def')
    report.write_report('tiny', 'cpu')
    said = 'torch 2, commit abc (lr, sodgan, upscaled, oracle), def (sodgan)\n'
    assert said in (tmp_path / PAGE).read_text()


ANNOTATIONS = dict(annotations=dict(train='other', test='v'))
OBJECTS = dict(buckets=[dict(name=name, num_gt=5) for name in ('0_8', '8_16')])


@pytest.mark.parametrize(
    ('seed', 'change', 'match'),
    [
        (0, ANNOTATIONS, 'train annotations, test annotations: run'),
        (1, ANNOTATIONS, 'train annotations, test annotations: run'),
        (0, OBJECTS, 'objects by size: run'),
    ],
)
def test_what_was_scored_on_is_not_mixed(report, tmp_path, add, seed, change, match):
    add('sodgan', seed, 0.5, **change)
    match = f'^lr_seed0 and sodgan_seed{seed} were made with different {match}'
    check_refused(report, tmp_path, match)


def test_settings_are_not_mixed(report, tmp_path, add, monkeypatch):
    path = tmp_path / 'configs' / 'sodgan.py'
    path.write_text(path.read_text().replace('lr=0.1', 'lr=0.2'))
    settings._read.cache_clear()
    for seed in (0, 1):
        add('sodgan', seed, 0.5)
    match = 'lr_seed0 and sodgan_seed0 .* different optimizer: run'
    check_refused(report, tmp_path, match)
    # New heads have their own, and the epochs of the teacher.
    monkeypatch.setitem(settings.load_benchmark('tiny').rows.sodgan, 'student', False)
    for seed in (0, 1):
        add('sodgan', seed, 0.5)
    report.write_report('tiny', 'cpu')
    assert line(tmp_path, 'SODGAN')[1] == '2 + 2'


def test_settings_of_another_time_are_refused(report, tmp_path, add):
    add('sodgan', 1, 0.5, settings=dict(epochs=4))
    match = '^sodgan_seed1 .* other settings than sodgan.py'
    check_refused(report, tmp_path, match)


def test_students_of_another_training_of_their_teacher_are_refused(
    report, tmp_path, add
):
    add('oracle', 1, 0.75, curves=dict(train=[dict(step=20, loss=0.1)], val=[]))
    match = '^sodgan_seed1 comes from another training of oracle_seed1 than one whose'
    check_refused(report, tmp_path, match)
    (tmp_path / RESULTS / 'oracle_seed1.json').unlink()
    check_refused(report, tmp_path, match)


def test_row_that_is_gone_is_refused(report, tmp_path):
    results.save(dict(row='renamed'), tmp_path / RESULTS / 'renamed_seed0.json')
    check_refused(report, tmp_path, 'tiny_cpu has results of renamed, which the')


def test_no_results_are_no_report(report, tmp_path):
    for path in (tmp_path / RESULTS).iterdir():
        path.unlink()
    check_refused(report, tmp_path, 'tiny_cpu has no results')
