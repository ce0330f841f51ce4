import numpy as np
import pytest

from tools.benchmark.report_tables import summarise as summarise_results

SMALL = 'coco/bbox_mAP_s'


def result(row, seed, small):
    """A result file as far as summaries read it; all AP but AP_S is half."""
    keys = ('mAP', 'mAP_50', 'mAP_75', 'mAP_m')
    metrics = {f'coco/bbox_{key}': small / 2 for key in keys} | {SMALL: small}
    bucket = dict(name='0_8', sides=[0.0, 8.0], aggregate=False, num_gt=3, AP=small)
    return dict(
        row=row,
        seed=seed,
        settings=dict(epochs=6),
        commit='abc',
        parameters=5,
        median_iteration_seconds=[1.0, 9.0, 2.0][seed],
        metrics=metrics,
        buckets=[bucket, bucket | dict(name='8_16', num_gt=0, AP=-1.0)],
    )


LR = [0.1, 0.14, 0.12]
SODGAN, CONTROL = [0.2, 0.25, 0.18], [0.19, 0.2, 0.2]


@pytest.fixture
def summarise():
    def run(**rows):
        """Summary of AP_S by row, one value a seed."""
        labels = {row: dict(label=row.upper(), config=f'{row}.py') for row in rows}
        results = [
            result(row, seed, small)
            for row, values in rows.items()
            for seed, small in enumerate(values)
        ]
        return summarise_results(labels, results)

    return run


def test_mean_and_deviation_are_numpys(summarise):
    row = summarise(lr=LR)['lr']
    # The seeds took 1, 9 and 2 s.
    assert row['iteration_seconds'] == 2.0
    small, whole = np.array(LR), np.array(LR) / 2
    for value, expected in (
        (row['metrics']['AP_S'], small),
        (row['metrics']['AP'], whole),
        (row['buckets'][0], small),
    ):
        assert value['n'] == 3
        assert value['mean'] == pytest.approx(expected.mean())
        assert value['sd'] == pytest.approx(expected.std(ddof=1))
    assert row['seeds'] == [0, 1, 2] and row['parameters'] == 5
    # There are no objects of the other size.
    empty = row['buckets'][1]
    assert (empty['mean'], empty['sd'], empty['n']) == (None, None, 0)


def test_differences_are_taken_seed_by_seed(summarise):
    rows = summarise(lr=LR, sodgan=SODGAN, control=CONTROL)
    value, control = map(np.array, (SODGAN, CONTROL))
    difference, ahead = value - control, rows['sodgan']['minus_control']['AP_S']
    assert list(ahead['per_seed'].values()) == pytest.approx(list(difference))
    assert ahead['mean'] == pytest.approx(difference.mean())
    assert ahead['sd'] == pytest.approx(difference.std(ddof=1))
    # Student's t with two degrees of freedom, from a table.
    half = 4.3027 * difference.std(ddof=1) / np.sqrt(3)
    ends = [difference.mean() - half, difference.mean() + half]
    assert ahead['interval'] == pytest.approx(ends, abs=1e-5)
    behind = rows['control']['minus_sodgan']['AP']
    assert behind['mean'] == pytest.approx(-difference.mean() / 2)


def test_only_seeds_that_both_rows_have_are_paired(summarise):
    rows = summarise(lr=LR, sodgan=SODGAN, control=CONTROL[:1])
    ahead = rows['sodgan']['minus_control']['AP_S']
    assert ahead['mean'] == pytest.approx(SODGAN[0] - CONTROL[0])
    assert (ahead['sd'], ahead['interval'], ahead['n']) == (None, None, 1)


def test_equal_differences_have_an_interval_without_width(summarise):
    rows = summarise(sodgan=[0.5, 0.25, 0.75], control=[0.25, 0.0, 0.5])
    assert rows['sodgan']['minus_control']['AP_S']['interval'] == [0.25, 0.25]


def test_row_without_results_has_no_figures(summarise):
    rows = summarise(lr=LR, sodgan=[])
    assert rows['sodgan'] == dict(
        label='SODGAN', config='sodgan.py', changed=False, seeds=[]
    )
    assert 'minus_sodgan' not in rows['lr']


def test_rows_that_lay_something_over_their_config_are_marked():
    plain = dict(label='', config='x.py')
    rows = dict(plain=plain, options=dict(plain, cfg_options=dict(a=1)))
    changed = summarise_results(rows, [result('plain', 0, 0.1)])
    found = {k: row['changed'] for k, row in changed.items()}
    assert found == dict(plain=False, options=True)


def test_epochs_are_those_of_all_teachers_and_its_own():
    rows = {
        row: dict(label=row, config='a.py', teacher=teacher)
        for row, teacher in (('oracle', None), ('lr', 'oracle'), ('sr', 'lr'))
    }
    results = [result(row, 0, 0.5) for row in rows]
    for found, epochs in zip(results, (12, 6, 5), strict=True):
        found['settings'] = dict(epochs=epochs)
    summary = summarise_results(rows, results)
    assert [row['epochs'] for row in summary.values()] == [[12], [12, 6], [12, 6, 5]]
