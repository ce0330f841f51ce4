import cv2
import numpy as np

from mmdet_sodgan.visualization import ComparedImage, save_comparison


def row(boxes, labels):
    image = np.zeros((40, 60, 3), np.uint8)
    return ComparedImage(
        image,
        truth=(np.array([[5, 5, 20, 20]]), np.array([0])),
        detections={'A': (np.array(boxes, float).reshape(-1, 4), np.array(labels))},
        maps={'z': np.linspace(0, 1, 30).reshape(5, 6)},
    )


def distance_to_orange(path):
    """Measure how far the nearest pixel is: thin lines are blended with others."""
    orange = np.array([14, 127, 255])  # BGR of the second of matplotlib's ten
    pixels = cv2.imread(str(path)).reshape(-1, 3).astype(float)
    return np.abs(pixels - orange).max(1).min()


def test_boxes_are_drawn_in_the_colour_of_their_class(tmp_path):
    for label in (1, 2):
        path = tmp_path / f'{label}.png'
        save_comparison([row([[10, 10, 50, 35]], [label])], path)
    # Nothing else in the picture, the ground truth and map included, is near.
    first, second = (distance_to_orange(tmp_path / f'{n}.png') for n in (1, 2))
    assert first < 30 < second


def test_rows_without_detections_are_drawn_below_each_other(tmp_path):
    save_comparison([row([], [])], tmp_path / 'one.png')
    save_comparison([row([], [])] * 3, tmp_path / 'three.png')
    one, three = (cv2.imread(str(tmp_path / f'{n}.png')) for n in ('one', 'three'))
    assert three.shape[1] == one.shape[1]
    assert three.shape[0] > 2.5 * one.shape[0]
