import json

import pytest

TINY = ['--images', '20', '--detections', '600', '--categories', '3', '--rounds', '2']


@pytest.fixture
def metric_speed(benchmark_tool):
    return benchmark_tool('metric_speed')


def test_both_sides_are_timed_and_have_the_same_figures(metric_speed, tmp_path):
    out = tmp_path / 'speed.json'
    metric_speed.main([*TINY, '--out', str(out)])
    result = json.loads(out.read_text())
    assert {'commit', 'hardware', 'numpy', 'pycocotools', 'seed'} <= result.keys()
    assert result['largest_difference'] == 0
    assert 0 < result['our_AP']['medium'] < 1
    assert len(result['seconds']) == len(result['whole_metric_seconds']) == 2
    whole = result['whole_metric_median_seconds']
    assert result['whole_metric_ratio'] == whole['mmdet'] / whole['ours'] > 0


def test_difference_of_one_figure_of_one_class_is_noticed(metric_speed):
    scene = metric_speed.make_scene(metric_speed.parse_args(TINY))
    (_, ours), (_, theirs) = (
        metric_speed.run_ours(scene),
        metric_speed.run_pycocotools(scene),
    )
    theirs[1]['per_class'][2]['AP50'] += 0.25
    assert metric_speed.largest_difference(ours, theirs) == pytest.approx(0.25)


@pytest.mark.parametrize('name', ['images', 'detections', 'categories', 'rounds'])
def test_number_below_one_is_refused(metric_speed, name, capsys):
    with pytest.raises(SystemExit):
        metric_speed.parse_args([f'--{name}', '0'])
    assert f'--{name} must be at least 1, got 0' in capsys.readouterr().err
