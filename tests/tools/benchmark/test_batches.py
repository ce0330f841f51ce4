import cv2
import numpy as np
import pytest

from tools.benchmark import batches


def test_files_that_are_no_images_or_of_another_shape_are_refused(tmp_path):
    paths = [str(tmp_path / name) for name in ('text.png', 'wide.png')]
    (tmp_path / 'text.png').write_text('no image')
    assert cv2.imwrite(paths[1], np.zeros((50, 75, 3), np.uint8))
    for path, message in zip(
        paths,
        (r'text\.png: a file is no image', r'wide\.png is 75x50, of another shape'),
        strict=True,
    ):
        with pytest.raises(SystemExit, match=message):
            next(batches.take_turns([path], (48, 48), 1, 2))
