import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from mmdet_sodgan.deploy.export_onnx import detect

EXAMPLE = Path(__file__).parents[2] / 'tools' / 'onnx_example.py'
BLOCKED = ('torch', 'mmdet', 'mmengine', 'mmcv', 'mmdet_sodgan', 'cv2')
# A module that is None cannot be imported.
RUN = f"""
import runpy, sys
sys.modules.update(dict.fromkeys({BLOCKED}))
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name='__main__')
"""


@pytest.fixture
def run():
    """Runs the example in a process without torch; gives its lines."""

    def run_example(*arguments):
        command = [sys.executable, '-c', RUN, EXAMPLE, *arguments]
        done = subprocess.run(
            [str(x) for x in command], capture_output=True, text=True, timeout=120
        )
        assert done.returncode == 0, done.stderr
        return [line.split() for line in done.stdout.splitlines()]

    return run_example


def test_example_finds_what_mmdet_finds_without_torch(run, exported, images, tmp_path):
    model, path = exported('sodgan')
    image = cv2.resize(images[0], (128, 128))
    cv2.imwrite(str(tmp_path / 'image.png'), image)
    lines = run(path, tmp_path / 'image.png', '--score-thr', '0.3')
    ((boxes, scores, labels),) = detect(model, [image])
    shown = scores >= 0.3
    assert [x[0] for x in lines] == ['abcdef'[i] for i in labels[shown]]
    np.testing.assert_allclose([float(x[1]) for x in lines], scores[shown], atol=2e-3)
    found = np.array([x[2:] for x in lines], float)
    np.testing.assert_allclose(found, boxes[shown], atol=0.5)


def test_boxes_are_in_pixels_of_the_image_before_it_was_resized(
    run, exported, images, tmp_path
):
    _, path = exported('sodgan')
    image = cv2.resize(images[0], (128, 64))
    # Each pixel four times, so that resizing to 128 px gives the image back.
    large = image.repeat(2, 0).repeat(2, 1)
    for name, x in dict(small=image, large=large).items():
        cv2.imwrite(str(tmp_path / f'{name}.png'), x)
    small = run(path, tmp_path / 'small.png', '--score-thr', '0.3')
    doubled = run(path, tmp_path / 'large.png', '--score-thr', '0.3')
    assert len(small) == len(doubled) > 0
    for a, b in zip(small, doubled, strict=True):
        boxes = (np.array(x[2:], float) for x in (a, b))
        np.testing.assert_allclose(*(next(boxes) * 2, next(boxes)), atol=0.3)
