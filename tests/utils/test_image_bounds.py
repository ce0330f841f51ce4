import struct

import numpy as np
import pytest
from PIL import Image

from mmdet_sodgan.utils.image_bounds import check_image_size


@pytest.mark.parametrize('suffix', ['png', 'jpg', 'bmp', 'tif', 'webp', 'ppm'])
def test_size_is_read_in_every_format(tmp_path, suffix):
    path = tmp_path / f'a.{suffix}'
    Image.fromarray(np.zeros((4, 6, 3), np.uint8)).save(path)
    assert check_image_size(path) == (6, 4)


def test_bound_is_the_largest_that_is_read(tmp_path):
    Image.fromarray(np.zeros((4, 6, 3), np.uint8)).save(tmp_path / 'a.png')
    assert check_image_size(tmp_path / 'a.png', 24) == (6, 4)
    with pytest.raises(ValueError, match='a.png has 6 x 4 pixels, more than the 23 '):
        check_image_size(tmp_path / 'a.png', 23)


def test_bomb_is_refused_from_its_header(bomb):
    with pytest.raises(ValueError, match='40000 x 30000 .* the 300,000,000 ') as caught:
        check_image_size(bomb)
    assert len(str(caught.value).splitlines()) == 1


def test_bound_above_that_of_pillow_holds_and_leaves_its_bound(bomb):
    before = Image.MAX_IMAGE_PIXELS
    assert check_image_size(bomb, 1_200_000_000) == (40000, 30000)
    assert Image.MAX_IMAGE_PIXELS == before
    with pytest.raises(Image.DecompressionBombError):
        Image.open(bomb)


@pytest.mark.parametrize(
    'content, reason',
    [
        (None, 'No such file or directory'),
        (b'', 'it is not an image'),
        (b'some text', 'it is not an image'),
        (b'\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\6', 'it is not an image'),
        # Pillow raises NotImplementedError for it.
        (b'DDS ' + struct.pack('<I', 124) + bytes(120), 'it is not an image'),
    ],
)
def test_what_is_no_image_is_told_in_one_sentence(tmp_path, content, reason):
    path = tmp_path / 'a.png'
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ValueError, match=f'a.png cannot be read: {reason}.$'):
        check_image_size(path)
