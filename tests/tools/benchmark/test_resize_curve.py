"""Rows beside the curve of resized inputs, with figures made by hand."""

import math

import pytest

from tools.benchmark import report_figures, report_tables
from tools.benchmark.resize_curve import CURVES, crossing, over_curve

CURVE, SUPERVISED = CURVES.values()

#: ms, and AP_S of the seeds; AP is half of it.
ROWS = {
    'lr': (10.0, [0.1, 0.1]),
    'lr-started': (10.0, [0.2, 0.3]),
    'resized-1.25': (20.0, [0.4, 0.4]),
    'resized-1.5': (30.0, [0.5, 0.6]),
    'sodgan': (15.0, [0.45, 0.5]),
    'untimed': (None, [0.5, 0.5]),
    'longer': (15.0, [0.5, 0.5]),
    'feature-sr': (15.0, [0.5, 0.5]),
}
#: Rows that do not start from the oracle, and go on for another number of epochs.
STARTS, EPOCHS = {'lr': None, 'feature-sr': 'lr-started_seed0'}, {'longer': 12}


def inputs(rows):
    spec = {k: dict(inference_ms=ms, label=k) for k, (ms, _) in rows.items()}
    results = [
        dict(
            row=row,
            seed=seed,
            teacher=(name := STARTS.get(row, 'oracle_seed0')) and dict(result=name),
            settings=dict(epochs=EPOCHS.get(row, 6)),
            metrics={'coco/bbox_mAP_s': value, 'coco/bbox_mAP': value / 2},
        )
        for row, (_, values) in rows.items()
        for seed, value in enumerate(values)
    ]
    return spec, results


def test_row_is_compared_at_its_time_and_at_its_ap():
    found = over_curve(*inputs(ROWS), CURVE)
    # Others have another start or length, and what has no time no place.
    assert list(found) == ['sodgan']
    small = found['sodgan']['AP_S']
    # At 15 ms the seeds' curves are at 0.3 and 0.35.
    assert small['ahead']['per_seed'] == pytest.approx({0: 0.15, 1: 0.15})
    # They reach 0.45 and 0.5 at 25 ms.
    assert small['time_ratio']['per_seed'] == pytest.approx({0: 0.6, 1: 0.6})
    assert small['time_ratio']['interval'] == pytest.approx([0.6, 0.6])
    assert found['sodgan']['AP']['ahead']['mean'] == pytest.approx(0.075)


def test_size_without_objects_is_not_compared():
    rows, results = inputs(ROWS)
    for result in results:
        result['metrics']['coco/bbox_mAP_s'] = -1.0
    found = over_curve(rows, results, CURVE)['sodgan']
    assert (found['AP_S']['ahead']['n'], found['AP']['ahead']['n']) == (0, 2)


def test_page_says_how_far_a_row_is_over_the_curve():
    rows, results = inputs(ROWS)
    over = over_curve(rows, results, CURVE)
    for name, row in rows.items():
        row |= dict(seeds=[0, 1, 2], over_curve=over.get(name))
    title, _, table = report_tables._over_curve(rows)
    assert title == '## Over the resized inputs'
    *_, line = table.splitlines()
    few = ' (2 of 3 seeds)'
    ratio = f'0.60 (0.60 to 0.60){few}'
    ahead = f'+7.5 (+7.5 to +7.5){few}', ratio, f'+15.0 (+15.0 to +15.0){few}', ratio
    assert line == f'| sodgan | {" | ".join(ahead)} |'
    assert table.count('\n') == 2


def test_row_is_compared_with_supervised_inputs_too():
    rows = ROWS | {
        'distilled': (10.0, [0.3, 0.3]),
        'resized-1.25-supervised': (20.0, [0.5, 0.5]),
    }
    rows, results = inputs(rows)
    assert list(over_curve(rows, results, CURVE)) == ['sodgan']
    over = over_curve(rows, results, SUPERVISED)
    assert list(over) == ['sodgan']
    ahead = over['sodgan']['AP_S']['ahead']
    assert ahead['per_seed'] == pytest.approx({0: 0.05, 1: 0.1})
    for name, row in rows.items():
        row |= dict(seeds=[0, 1], over_supervised_curve=over.get(name))
    _, text, table = report_tables._over_curve(rows)
    assert 'with the same HR supervision' in text
    assert '| sodgan | +3.7 (-12.1 to +19.6)' in table


def test_seed_without_the_points_around_it_does_not_count():
    rows = ROWS | {'resized-1.5': (30.0, [0.5]), 'lr-started': (10.0, [0.2, math.nan])}
    small = over_curve(*inputs(rows), CURVE)['sodgan']['AP_S']
    assert list(small['ahead']['per_seed']) == [0]
    assert list(small['time_ratio']['per_seed']) == [0]


def test_row_beyond_the_curve_has_no_time_at_equal_ap():
    rows = ROWS | {'sodgan': (15.0, [0.7, 0.7])}
    small = over_curve(*inputs(rows), CURVE)['sodgan']['AP_S']
    assert small['ahead']['n'] == 2
    assert (small['time_ratio']['n'], small['time_ratio']['mean']) == (0, None)


def test_one_point_is_no_curve():
    rows = {k: v for k, v in ROWS.items() if not k.startswith('resized')}
    assert over_curve(*inputs(rows), CURVE) == {}


@pytest.mark.parametrize(('x', 'y'), [(1, 10), (2, 20), (2.5, 30), (3, 40), (4, 30)])
def test_crossing_is_the_first_on_the_way_up(x, y):
    assert crossing([1, 2, 3, 2, 4], [10, 20, 40, 10, 30], x) == y


@pytest.mark.parametrize('x', [0.9, 4.1])
def test_nothing_crosses_beyond_the_ends(x):
    assert math.isnan(crossing([1, 2, 4], [1, 2, 3], x))


def test_curve_is_a_line_in_the_picture():
    rows = {
        name: dict(
            label=name,
            inference_ms=ms,
            metrics=dict(AP_S=dict(mean=values[0], sd=None, n=1)),
        )
        for name, (ms, values) in ROWS.items()
        if ms is not None
    }
    looks = dict.fromkeys(rows, dict(color='red', marker='o'))
    (axes,) = report_figures.pareto(rows, looks).axes
    (line,) = (x for x in axes.lines if x.get_label() == 'resized inputs')
    assert list(line.get_xdata()) == [10, 20, 30]
    assert list(line.get_ydata()) == pytest.approx([20, 40, 50])
