import math

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mmdet_sodgan.evaluation.metrics.size_buckets import PRESETS, parse_size_buckets
from mmdet_sodgan.structures.size_bucket import SizeBucket


@st.composite
def edges_and_areas(draw):
    edges = sorted(
        draw(st.lists(st.floats(0, 1e4), min_size=2, max_size=8, unique_by=square))
    )
    on_edge = st.sampled_from([edge**2 for edge in edges])
    beside_edge = st.builds(
        math.nextafter, on_edge, st.sampled_from([-math.inf, math.inf])
    )
    inside = st.floats(edges[0] ** 2, edges[-1] ** 2)
    return edges, draw(st.lists(st.one_of(on_edge, beside_edge, inside), min_size=1))


def square(side):
    return side**2


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(edges_and_areas())
def test_each_area_between_the_outer_edges_is_in_exactly_one_bucket(case):
    edges, areas = case
    buckets = parse_size_buckets(edges)
    for area in areas:
        expected = int(edges[0] ** 2 <= area < edges[-1] ** 2)
        assert sum(bucket.holds(area) for bucket in buckets) == expected


@pytest.mark.parametrize('name', ['aitod', 'sodad', 'tinyperson'])
def test_buckets_of_a_preset_adjoin_and_share_no_area(name):
    buckets = [bucket for bucket in PRESETS[name] if not bucket.aggregate]
    for smaller, larger in zip(buckets, buckets[1:], strict=False):
        assert smaller.max_area == larger.min_area
        low, high = larger.inclusive_area[0], smaller.inclusive_area[1]
        assert math.nextafter(high, math.inf) == low


@pytest.mark.parametrize('area, names', [(1024, 2), (9216, 2), (1023, 1), (0, 1)])
def test_coco_preset_counts_areas_on_an_edge_twice_as_coco_does(area, names):
    assert sum(bucket.holds(area) for bucket in PRESETS['coco']) == names


@pytest.mark.parametrize(
    'area, name',
    [
        (0, None),
        (144, 'extremely_small'),
        (144.5, 'relatively_small'),
        (400, 'relatively_small'),
        (1024, 'generally_small'),
        (2000, 'normal'),
        (2001, None),
    ],
)
def test_sodad_preset_includes_upper_bounds_of_area(area, name):
    names = [bucket.name for bucket in PRESETS['sodad'] if bucket.holds(area)]
    assert names == ([name] if name else [])


@pytest.mark.parametrize(
    'side, names',
    [
        (1.9, set()),
        (2, {'tiny', 'tiny1'}),
        (8, {'tiny', 'tiny2'}),
        (12, {'tiny', 'tiny3'}),
        (20, {'small'}),
        (32, set()),
    ],
)
def test_tinyperson_preset_reports_tiny_as_union_of_its_thirds(side, names):
    buckets = PRESETS['tinyperson']
    assert {bucket.name for bucket in buckets if bucket.holds(side**2)} == names


def test_dict_keeps_names_and_allows_gaps():
    buckets = parse_size_buckets({'chip': (4, 10), 'board': (40, 1e5)})
    assert [bucket.name for bucket in buckets] == ['chip', 'board']
    assert [buckets[0].holds(area) for area in (16, 99.9, 100)] == [1, 1, 0]
    assert not any(bucket.holds(400) for bucket in buckets)


def test_edges_name_their_buckets():
    names = [bucket.name for bucket in parse_size_buckets([0, 8, 16.5, 1e5])]
    assert names == ['0_8', '8_16.5', '16.5_100000']


@pytest.mark.parametrize(
    'bucket, label',
    [
        (SizeBucket('a', 0, 64), '[0, 8)'),
        (SizeBucket('a', 144, 2000, closed='right'), '(12, 44.7214]'),
        (PRESETS['coco'][1], '[32, 96]'),
        (PRESETS['coco'][2], '[96, inf)'),
    ],
)
def test_label_gives_sides_in_interval_notation(bucket, label):
    assert bucket.label == label


@pytest.mark.parametrize(
    'size_buckets, message',
    [
        ('kitti', r"unknown preset 'kitti'; use one of coco, aitod, sodad, tinyp"),
        ([8], 'at least two edges'),
        ([], 'at least two edges'),
        ([0, 32, 16], 'must increase strictly'),
        ([0, 32, 32], 'must increase strictly'),
        ([-1, 32], 'not negative'),
        ([0, math.inf], 'finite.*use 100000'),
        ([0, math.nan], 'finite'),
        ([0, '32'], 'expected numbers'),
        ([False, True], 'expected numbers'),
        (32, 'expected numbers'),
        ({}, 'the dict is empty'),
        ({'tiny': (0, 16), 'small': (15, 32)}, "'small' starts at 15 px.*'tiny'"),
        ({'small': (16, 32), 'tiny': (0, 16)}, "'tiny' starts at 0 px.*'small'"),
        ({'tiny': (16, 8)}, r"size_buckets\['tiny'\].*must increase"),
        ({'tiny': (0, 8, 16)}, r"\['tiny'\]: expected \(low, high\), got 3"),
        ({'tiny': 8}, r"\['tiny'\]: expected numbers"),
    ],
)
def test_bad_size_buckets_are_refused_in_one_sentence(size_buckets, message):
    with pytest.raises(ValueError, match=message) as error:
        parse_size_buckets(size_buckets)
    assert '\n' not in str(error.value)
