import json

import cv2
import pytest

from mmdet_sodgan.evaluation.metrics.size_report import FIGURES


def make_report(path, value, num_gt=7):
    """A report of two buckets with one value for all figures."""
    figures = dict.fromkeys(FIGURES, value)
    buckets = [
        dict(
            name=f'{low}-{high}',
            sides=[low, high],
            min_area=low**2,
            max_area=high**2,
            closed=False,
            aggregate=False,
            num_gt=num_gt,
            **figures,
        )
        for low, high in ((4, 8), (8, 16))
    ]
    path.write_text(json.dumps(dict(buckets=buckets)))
    return str(path)


@pytest.fixture
def main(tool):
    return tool('analysis_tools/plot_ap_by_size.py').main


def test_models_are_drawn_into_one_picture(main, tmp_path):
    low = make_report(tmp_path / 'low.json', 0.1)
    high = make_report(tmp_path / 'high.json', 0.9)
    pictures = []
    for name, reports in (('one', [low]), ('both', [low, high])):
        out = tmp_path / f'{name}.png'
        main([*reports, '--out', str(out)])
        pictures.append(cv2.imread(str(out)))
    one, both = pictures
    assert one.shape == both.shape and one.std() > 0 and (one != both).any()


@pytest.mark.parametrize(
    'labels, reason',
    [(['a'], '2 reports but 1 labels'), (['a', 'a'], 'labels must differ')],
)
def test_labels_must_tell_the_reports_apart(main, tmp_path, capsys, labels, reason):
    reports = [make_report(tmp_path / f'{i}.json', 0.5) for i in range(2)]
    with pytest.raises(SystemExit):
        main([*reports, '--labels', *labels, '--out', str(tmp_path / 'x.png')])
    assert reason in capsys.readouterr().err
    assert not (tmp_path / 'x.png').exists()


def test_reports_of_different_ground_truth_are_not_compared(main, tmp_path):
    reports = [make_report(tmp_path / f'{n}.json', 0.5, num_gt=n) for n in (7, 8)]
    with pytest.raises(SystemExit, match='^plot_ap_by_size: .*ground-truth boxes'):
        main([*reports, '--out', str(tmp_path / 'x.png')])


@pytest.mark.parametrize('content', ['{}', 'no JSON'])
def test_file_that_is_no_report_is_named(main, tmp_path, content):
    path = tmp_path / 'other.json'
    path.write_text(content)
    with pytest.raises(SystemExit, match='other.json is no report by object size'):
        main([str(path), '--out', str(tmp_path / 'x.png')])


def test_missing_report_is_named(main, tmp_path):
    with pytest.raises(SystemExit, match='none.json'):
        main([str(tmp_path / 'none.json'), '--out', str(tmp_path / 'x.png')])
