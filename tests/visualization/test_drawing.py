import numpy as np
import pytest

from mmdet_sodgan.visualization import draw_boxes, fit_picture

SIDES = 1000, 2000


@pytest.fixture
def picture():
    return np.random.default_rng(0).integers(0, 256, (60, 80, 3), dtype=np.uint8)


def test_outlines_are_those_of_numpy_with_the_last_on_top(picture):
    before = picture.copy()
    boxes = np.array([[3.0, 4, 30, 25], [10.4, 9.6, 50.5, 40.4], [70, 50, 95, 80]])
    colors = [(255, 0, 0), (0, 255, 0), (0, 0, 255)]
    expected = picture.copy()
    for (x1, y1, x2, y2), color in zip(boxes.round().astype(int), colors, strict=True):
        frame = np.zeros((100, 100), dtype=bool)
        frame[y1 : y2 + 1, x1 : x2 + 1] = True
        frame[y1 + 3 : y2 - 2, x1 + 3 : x2 - 2] = False
        expected[frame[:60, :80]] = color
    np.testing.assert_array_equal(draw_boxes(picture, boxes, colors), expected)
    np.testing.assert_array_equal(picture, before)


def test_no_boxes_leave_the_picture(picture):
    drawn = draw_boxes(picture, np.zeros((0, 4)), [], [])
    np.testing.assert_array_equal(drawn, picture)


def test_texts_stand_above_their_boxes(picture):
    boxes, colors = np.array([[5.0, 30, 40, 50]]), [(255, 0, 0)]
    plain = draw_boxes(picture, boxes, colors)
    rows, columns = (
        (draw_boxes(picture, boxes, colors, ['dot 0.5']) != plain).any(axis=2).nonzero()
    )
    assert 10 < rows.min() and rows.max() <= 30 and columns.min() >= 5


def test_text_at_the_upper_edge_stays_in_the_picture(picture):
    boxes, colors = np.array([[5.0, 0, 40, 50]]), [(255, 255, 255)]
    plain = draw_boxes(picture, boxes, colors)
    changed = (draw_boxes(picture, boxes, colors, ['dot']) != plain).any(axis=2)
    assert changed[:18].sum() > 100 and not changed[18:].any()


def test_masks_are_tinted_half_in_the_colour_of_their_box(picture):
    before, mask = picture.copy(), np.zeros((1, 60, 80), dtype=bool)
    mask[0, 10:20, 30:50] = True
    drawn = draw_boxes(
        picture, np.array([[5.0, 50, 9, 55]]), [(255, 0, 100)], masks=mask
    )
    expected = picture[10:20, 30:50].astype(float) / 2 + np.array([255, 0, 100]) / 2
    np.testing.assert_array_equal(drawn[10:20, 30:50], np.floor(expected))
    changed = (drawn != picture).any(2)
    assert not changed[:10].any() and not changed[10:40, 50:].any()
    np.testing.assert_array_equal(picture, before)


def test_small_image_is_enlarged_by_a_whole_number_pixel_by_pixel():
    image = np.arange(300 * 3, dtype=np.uint8).reshape(1, 300, 3)
    picture, scale = fit_picture(image, *SIDES)
    assert scale == 3 and picture.shape == (3, 900, 3)
    np.testing.assert_array_equal(picture, np.kron(image, np.ones((3, 3, 1), int)))


def test_image_of_middle_size_stays_as_it_is():
    image = np.zeros((700, 1500, 3), np.uint8)
    picture, scale = fit_picture(image, *SIDES)
    assert picture is image and scale == 1


def test_large_image_is_reduced_and_keeps_its_mean():
    image = np.random.default_rng(0).integers(0, 256, (10, 4000, 3), dtype=np.uint8)
    picture, scale = fit_picture(image, *SIDES)
    assert scale == 0.5 and picture.shape == (5, 2000, 3)
    assert abs(picture.mean() - image.mean()) < 1
