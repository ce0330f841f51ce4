import copy
import json

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from PIL import Image

from mmdet_sodgan.evaluation.metrics import size_report
from mmdet_sodgan.evaluation.metrics.size_buckets import parse_size_buckets
from mmdet_sodgan.evaluation.metrics.size_report import (
    format_table,
    load_report,
    plot_ap_by_size,
    write_report,
)


def make_report(size_buckets='coco', ap=0.5, with_classes=False):
    buckets = []
    for index, bucket in enumerate(parse_size_buckets(size_buckets)):
        figures = {'AP': ap, 'AP50': ap, 'AP75': ap, 'AR': ap, 'num_gt': index + 1}
        entry = {**bucket.to_dict(), 'sides': list(bucket.sides), **figures}
        if with_classes:
            entry['per_class'] = {'open': {**figures, 'AP': 0.25}}
        buckets.append(entry)
    return {'num_gt': 9, 'num_gt_outside': 3, 'buckets': buckets}


def count_pixels(reports, colour):
    """Pixels of a colour in the picture of some reports."""
    canvas = FigureCanvasAgg(plot_ap_by_size(reports))
    canvas.draw()
    image = np.asarray(canvas.buffer_rgba())[..., :3]
    return int((image == np.array(colour)).all(axis=-1).sum())


C0, C1 = (31, 119, 180), (255, 127, 14)  # matplotlib's first two colours


def test_report_counts_objects_outside_of_all_buckets_and_no_crowds():
    objects = [(100, 1, 0), (256, 1, 0), (300, 1, 0), (300, 1, 1), (300, 2, 0)]
    keys = ('area', 'category_id', 'iscrowd')
    annotations = [dict(zip(keys, values, strict=True)) for values in objects]
    buckets = make_report([0, 8, 16])['buckets']
    report = size_report.make_report(buckets, annotations, {1}, preset=None)
    counts = dict(num_gt=3, num_gt_outside=2)
    assert report == dict(preset=None, **counts, buckets=buckets)


def test_written_report_reads_back_unchanged(tmp_path):
    report = make_report(with_classes=True)
    json_path, picture_path = write_report(report, tmp_path / 'out')
    assert load_report(json_path) == report
    assert Image.open(picture_path).format == 'PNG'


def test_table_has_a_row_per_bucket_and_marks_undefined_figures():
    report = make_report('aitod', ap=-1.0)
    report['buckets'][0]['AP'] = 0.12345
    lines = format_table(report).splitlines()
    cells = [[cell.strip() for cell in line.split('|')[1:-1]] for line in lines]
    assert ['very_tiny', '[2, 8)', '1', '0.123', '-', '-', '-'] in cells
    assert ['medium', '[32, 64)', '4', '-', '-', '-', '-'] in cells
    assert lines[-1] == '3 of 9 ground-truth boxes lie outside all buckets.'


def test_table_has_a_row_per_class_where_the_report_has_classes():
    text = format_table(make_report(with_classes=True))
    assert '| open  | 0.250 (1)      | 0.250 (2)       | 0.250 (3)      |' in text


@pytest.mark.parametrize(
    'size_buckets', ['coco', 'aitod', 'sodad', 'tinyperson', [0, 1e5], [0, 7], [5, 9]]
)
def test_picture_draws_any_buckets(size_buckets):
    assert count_pixels({'': make_report(size_buckets)}, C0) > 500


def test_picture_leaves_empty_buckets_out():
    report = make_report()
    full = count_pixels({'': report}, C0)
    for bucket in report['buckets'][:2]:
        bucket.update(AP=-1.0, AP50=-1.0)
    assert count_pixels({'': report}, C0) < 0.6 * full


def test_picture_compares_two_reports_in_their_own_colours():
    plain, ours = make_report(ap=0.3), make_report(ap=0.6)
    assert count_pixels({'plain': plain}, C1) == 0
    assert count_pixels({'plain': plain, 'ours': ours}, C0) > 500
    assert count_pixels({'plain': plain, 'ours': ours}, C1) > 500


def test_reports_on_other_ground_truth_or_buckets_are_not_compared():
    report = make_report()
    other_gt = copy.deepcopy(report)
    other_gt['buckets'][1]['num_gt'] += 1
    other_name = copy.deepcopy(report)
    other_name['buckets'][1]['name'] = 'middle'
    for other in (other_gt, other_name, make_report('aitod')):
        with pytest.raises(ValueError, match='on different objects or in different r'):
            plot_ap_by_size({'a': report, 'b': other})


@pytest.mark.parametrize(
    'content', ['{', '[]', '{"buckets": [{"name": "small"}]}', '{"mAP": 0.5}']
)
def test_file_that_is_no_report_is_refused(tmp_path, content):
    path = tmp_path / 'other.json'
    path.write_text(content)
    with pytest.raises(ValueError, match='other.json is no report by object size'):
        load_report(path)


def test_report_is_strict_json(tmp_path):
    path, _ = write_report(make_report('coco', ap=-1.0), tmp_path)

    def refuse(constant):
        raise AssertionError(f'{constant} is not JSON')

    json.loads(path.read_text(), parse_constant=refuse)
