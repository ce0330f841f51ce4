import re

import numpy as np
import pytest

from mmdet_sodgan.apps.web.detections import Detections
from mmdet_sodgan.apps.web.size_table import (
    COLORS,
    EVERY_SIZE,
    OUTSIDE,
    count_by_size,
    size_colors,
    size_table,
)
from mmdet_sodgan.evaluation.metrics.size_buckets import PRESETS


def squares(*sides):
    """Detections with these sides in pixels."""
    boxes = np.array([[0.0, 0, side, side] for side in sides]).reshape(-1, 4)
    names = np.array(['a'] * len(sides), dtype=object)
    return Detections(boxes, np.full(len(sides), 0.5), names)


def cells(html):
    """Text of each row of a table."""
    rows = re.findall('<tr.*?</tr>', html)
    return [re.findall('<t[dh]>(?:<i[^>]*></i>)?(.*?)</t[dh]>', row) for row in rows]


def test_every_size_is_counted_once_as_numpy_does():
    sides = np.random.default_rng(0).uniform(0, 100, size=200)
    counts, outside = count_by_size(squares(*sides), EVERY_SIZE)
    expected, _ = np.histogram(sides, [0, 8, 16, 32, 64, 1e5])
    assert counts == expected.tolist() and outside == 0


def test_boxes_outside_all_ranges_are_counted_apart():
    # AI-TOD's go from 2 to 64 px.
    counts, outside = count_by_size(squares(1, 5, 10, 64, 100), PRESETS['aitod'])
    assert counts == [1, 1, 0, 0] and outside == 3


def test_table_holds_both_models_a_row_a_range():
    html = size_table([('A', squares(4, 4, 20)), ('B', squares(9))], EVERY_SIZE)
    assert cells(html) == [
        ['Size', 'Side (px)', 'A', 'B'],
        ['very tiny', '[0, 8)', '2', '0'],
        ['tiny', '[8, 16)', '0', '1'],
        ['small', '[16, 32)', '1', '0'],
        ['medium', '[32, 64)', '0', '0'],
        ['large', '[64, inf)', '0', '0'],
        ['all', '', '3', '1'],
    ]


def test_table_without_a_range_for_a_box_says_so():
    html = size_table([('A', squares(100)), ('B', squares())], PRESETS['aitod'])
    assert cells(html)[-2:] == [
        ['other', 'outside these', '1', '0'],
        ['all', '', '1', '0'],
    ]


def test_names_of_models_are_no_html():
    html = size_table([('<script>', squares()), ('B', squares())], EVERY_SIZE)
    assert '<script>' not in html and '&lt;script&gt;' in html


def test_colour_is_that_of_the_finest_range():
    # 'tiny' of TinyPerson is the union of the three after it.
    colors = size_colors(squares(5, 10, 15, 25, 50), PRESETS['tinyperson'])
    assert colors == [*COLORS[1:5], OUTSIDE]


@pytest.mark.parametrize('preset', PRESETS)
def test_each_range_of_a_preset_has_a_colour(preset):
    assert len(PRESETS[preset]) <= len(COLORS)
