import cv2
import numpy as np
import pytest

from mmdet_sodgan.apis import Predictor
from mmdet_sodgan.datasets.synthetic import generate


@pytest.fixture(scope='session')
def predictor(detector):
    return Predictor(*detector, device='cpu', max_pixels=10_000)


@pytest.fixture(scope='session')
def images(tmp_path_factory):
    """Folder of three images of 96 x 64 px."""
    folder = tmp_path_factory.mktemp('images')
    generate(folder / 'set', num_train=1, num_val=3, image_size=(96, 64))
    return (folder / 'set' / 'val').rename(folder / 'images')


@pytest.fixture(scope='session')
def write_video():
    """Writes a video of the images in a folder."""

    def write(path, images):
        frames = [cv2.imread(str(p)) for p in sorted(images.glob('*.png'))]
        height, width = frames[0].shape[:2]
        code = cv2.VideoWriter_fourcc(*'mp4v')
        writer = cv2.VideoWriter(str(path), code, 5.0, (width, height))
        for frame in frames:
            writer.write(frame)
        writer.release()
        return path

    return write


@pytest.fixture
def noise():
    """Factory of an image of noise, BGR."""

    def make(height, width):
        return np.random.randint(0, 256, (height, width, 3), np.uint8)

    return make
