import matplotlib
import pytest

from mmdet_sodgan.apps.report.errors import TYPES, count_errors
from mmdet_sodgan.apps.report.sizes import measure_sizes
from mmdet_sodgan.evaluation.metrics.size_buckets import parse_size_buckets

BUCKETS = parse_size_buckets([0, 11, 32, 100])


def ap50(truth, objects, found):
    truth.annotations = objects
    return 100 * measure_sizes(truth, found, ())[0]['AP50']


def test_each_error_has_its_type_and_the_size_of_its_object(truth, found):
    rows = {row.name: row.counts for row in count_errors(truth, found, BUCKETS)}
    assert list(rows) == ['all', '[0, 11)', '[11, 32)', '[32, 100)']
    one = dict.fromkeys(TYPES, 1)
    assert rows['all'] == one | dict(Bkg=2)
    # 10 px: the objects with the wrong class and with IoU 1/3, and two detections
    # on nothing.
    assert rows['[0, 11)'] == dict.fromkeys(TYPES, 0) | dict(Cls=1, Loc=1, Bkg=2)
    # 12 px: the missed object; sqrt(20 * 40) px: the detection of no class and place.
    assert rows['[11, 32)'] == dict.fromkeys(TYPES, 0) | dict(Both=1, Miss=1)
    # sqrt(40 * 38) px: the second detection of an object of 40 px.
    assert rows['[32, 100)'] == dict.fromkeys(TYPES, 0) | dict(Dupe=1)


def test_gain_is_what_the_mended_detections_score_more(truth, found):
    objects = truth.annotations
    gains = count_errors(truth, found, BUCKETS)[0].gains
    before = ap50(truth, objects, found)
    relabelled = [dict(item) for item in found]
    relabelled[2]['category_id'] = 1
    moved = [dict(item) for item in found]
    moved[3]['bbox'] = objects[3]['bbox']
    mended = dict(
        Cls=ap50(truth, objects, relabelled),
        Loc=ap50(truth, objects, moved),
        Dupe=ap50(truth, objects, found[:5] + found[6:]),
        Both=ap50(truth, objects, found[:6] + found[7:]),
        Bkg=ap50(truth, objects, found[:7]),
        Miss=ap50(truth, objects[:5], found),
    )
    expected = {key: after - before for key, after in mended.items()}
    assert gains == pytest.approx(expected, abs=1e-6)
    assert min(gains[key] for key in ('Cls', 'Loc', 'Miss')) > 1


def test_detections_in_a_crowd_region_are_no_errors_on_background(truth, found):
    crowd = dict(
        found[7], id=9, iscrowd=1, bbox=[0.0, 0.0, 100.0, 100.0], area=10_000.0
    )
    truth.annotations.append(crowd)
    before = count_errors(truth, found, BUCKETS)[0].gains['Bkg']
    without = count_errors(truth, found[:7], BUCKETS)[0].gains['Bkg']
    assert before == without == 0


def test_test_set_without_objects_has_no_table(truth, found):
    truth.annotations = []
    assert count_errors(truth, found, BUCKETS) == []


def test_pictures_of_others_keep_their_look(truth, found):
    before = dict(matplotlib.rcParams)
    count_errors(truth, found, BUCKETS)
    assert dict(matplotlib.rcParams) == before
