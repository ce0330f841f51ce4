import json
import runpy
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

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
    # Of the size in the file's metadata, so that it is not resized.
    image = cv2.resize(images[0], (128, 128))
    cv2.imwrite(str(tmp_path / 'image.png'), image)
    ((boxes, scores, labels),) = detect(model, [image])
    threshold = (scores[9] + scores[10]) / 2
    lines = run(path, tmp_path / 'image.png', '--score-thr', str(threshold))
    assert [x[0] for x in lines] == ['abcdef'[i] for i in labels[:10]]
    np.testing.assert_allclose([float(x[1]) for x in lines], scores[:10], atol=2e-3)
    found = np.array([x[2:] for x in lines], float)
    np.testing.assert_allclose(found, boxes[:10], atol=0.5)


class Session:
    """Finds one box of half the image that it gets."""

    def __init__(self, resize):
        self.custom_metadata_map = dict(resize=json.dumps(resize))

    def get_modelmeta(self):
        return self

    def run(self, names, inputs):
        self.images = inputs['images']
        height, width = self.images.shape[2:]
        boxes = np.array([[[0, 0, width / 2, height]]])
        return boxes, np.ones((1, 1)), np.zeros((1, 1), int)


@pytest.mark.parametrize(
    ('resize', 'shape'),
    [
        (None, (60, 90)),
        (dict(scale=[40, 50], keep_ratio=False), (50, 40)),
        (dict(scale=[300, 30], keep_ratio=True), (30, 45)),
        (dict(scale=[45, 40], keep_ratio=True), (30, 45)),
    ],
)
def test_boxes_are_in_pixels_of_the_image_before_it_was_resized(resize, shape):
    example = runpy.run_path(str(EXAMPLE))
    session, image = Session(resize), Image.new('RGB', (90, 60), (10, 20, 30))
    boxes, scores, labels = example['detect'](session, image)
    assert session.images.shape == (1, 3, *shape)
    assert session.images[0, :, 0, 0].tolist() == [10, 20, 30]
    np.testing.assert_allclose(boxes, [[0, 0, 45, 60]])
    assert scores.tolist() == [1] and labels.tolist() == [0]


def test_photo_is_turned_first_as_by_mmdet():
    example = runpy.run_path(str(EXAMPLE))
    session, image = Session(None), Image.new('RGB', (90, 60))
    image.getexif()[0x0112] = 6
    boxes, *_ = example['detect'](session, image)
    assert session.images.shape == (1, 3, 90, 60)
    np.testing.assert_allclose(boxes, [[0, 0, 30, 90]])
