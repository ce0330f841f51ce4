"""What can be wrong with the image files of a data set."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np
from mmcv.image import rescale_size
from PIL import Image

from ..utils.image_bounds import check_image_size, without_pillow_bound
from .problem import Problem

_ORIENTATION = 0x0112  # tag of EXIF
_ON_THE_SIDE = (5, 6, 7, 8)
# Modes of Pillow whose pixels have more than 8 bits, and are cut off at 255 when
# they are converted: nearly everything becomes white.
_DEEP = ('I', 'F')
# Loaders divide 16 bits by 256. Cameras store 10 or 12 bits in them, which become
# nearly black.
_DARK = 4096
#: What most of MMDetection's configs resize to, in pixels.
SCALES = ((1333, 800),)


def loader_backend(pipeline: Sequence) -> str:
    """Name the library by which a pipeline decodes images.

    Args:
        pipeline (Sequence[object | dict]): Its transforms, or their configs.

    Returns:
        str: ``imdecode_backend`` of the first one that loads, ``'cv2'`` by default.
    """
    for transform in pipeline:
        options = transform if isinstance(transform, dict) else vars(transform)
        if 'imdecode_backend' in options:
            return options['imdecode_backend']
    return 'cv2'


def resize_scales(pipeline: Sequence) -> list[tuple[int, int]]:
    """List what a pipeline resizes images to, where it keeps their shape.

    Args:
        pipeline (Sequence[dict]): Configs of its transforms.

    Returns:
        list[tuple[int, int]]: Width and height in pixels of each frame that an image
        is to fit into.
    """
    scales = []
    for transform in pipeline:
        if transform.get('keep_ratio'):
            found = transform.get('scales') or transform.get('scale') or ()
            found = (found, found) if isinstance(found, int) else found
            scales += [found] if found and isinstance(found[0], int) else found
    return [tuple(scale) for scale in scales]


def find_shape_problems(entry: dict, scales: Sequence) -> Iterator[Problem]:
    """Find out whether an image is so long that nothing is left of its short side.

    Args:
        entry (dict): With ``width`` and ``height`` in pixels.
        scales (Sequence[tuple[int, int]]): From :func:`resize_scales`.

    Yields:
        Problem: At most one.
    """
    size = entry['width'], entry['height']
    if any(min(rescale_size(size, scale)) == 0 for scale in scales):
        yield extreme_shape(*size)


def extreme_shape(width: int, height: int) -> Problem:
    """Tell that nothing is left of the short side of a resized image."""
    text = f'has {width} x {height} pixels, of which Resize would leave a side of 0'
    return Problem('extreme shape', text)


def find_header_problems(
    path: str | Path, entry: dict, max_pixels: int, backend: str
) -> Iterator[Problem]:
    """Find what the header of an image tells; of one with 16 bits, the pixels, too.

    Args:
        path (str | Path): The local file. What does not open is passed over here.
        entry (dict): Of the image in the annotation file, or the data set's
            information on it, with ``width`` and ``height`` in pixels.
        max_pixels (int): Width times height of the largest image that is read.
        backend (str): ``imdecode_backend`` of the pipeline's loader.

    Yields:
        Problem: Of the kinds ``'too many pixels'``, ``'other size'``, ``'deep
        image'`` and ``'image not RGB'``.
    """
    try:
        stored = check_image_size(path, max_pixels=2**62)
    except ValueError:
        return
    if stored[0] * stored[1] > max_pixels:
        yield Problem(
            'too many pixels',
            f'has {stored[0]} x {stored[1]} pixels, more than the {max_pixels:,} that '
            'are read',
        )
        return
    with without_pillow_bound(), Image.open(path) as image:
        mode, stored_mode = image.mode, str(image.tile)
        # PNG decodes all pixels first, to find tags behind them.
        tags = Image.Image.getexif(image)
    turned = tags.get(_ORIENTATION) in _ON_THE_SIDE
    width, height = stored[::-1] if turned else stored
    if (width, height) != (entry['width'], entry['height']):
        turn = ', turned as its EXIF data asks,' if turned else ''
        yield Problem(
            'other size',
            f'has{turn} {width} x {height} pixels, and {entry["width"]} x '
            f'{entry["height"]} in the annotation file',
        )
    yield from _find_mode_problems(path, mode, stored_mode, backend)


def find_depth_problems(path: str | Path, backend: str) -> Iterator[Problem]:
    """Find out whether a loader would turn an image white, or black.

    Args:
        path (str | Path): The local file, an image that Pillow opens.
        backend (str): ``imdecode_backend`` of the pipeline's loader.

    Yields:
        Problem: At most one, of the kind ``'deep image'``.
    """
    with without_pillow_bound(), Image.open(path) as image:
        mode, stored = image.mode, str(image.tile)
    for problem in _find_mode_problems(path, mode, stored, backend):
        if problem.refused:
            yield problem


def _find_mode_problems(
    path: str | Path, mode: str, stored: str, backend: str
) -> Iterator[Problem]:
    """Judge an image by Pillow's mode, and by that in which the file stores it."""
    if mode.startswith(_DEEP) and backend == 'pillow':
        yield Problem(
            'deep image',
            f'has pixels of more than 8 bits (mode {mode}), which the loader would '
            'cut off at 255',
        )
    # OpenCV knows 16 bits alone.
    elif mode.startswith(_DEEP) and ';16' not in stored:
        text = f'has pixels of 32 bits (mode {mode}), which the loader does not know'
        yield Problem('deep image', text)
    elif ';16' in stored and 0 < (highest := _find_highest(path)) < _DARK:
        yield Problem(
            'deep image',
            f'has pixels of 16 bits, the highest of them {highest}, of which the '
            f'loader would make {highest // 256} of 255',
            'convert it to 8 bits by the range that it has',
        )
    elif mode != 'RGB':
        yield Problem('image not RGB', f'has the mode {mode}')


def _find_highest(path: str | Path) -> int:
    """Find the highest value of an image of 16 bits, 0 for another one."""
    pixels = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    return int(pixels.max()) if pixels is not None and pixels.dtype == np.uint16 else 0


def find_pixel_problems(path: str | Path) -> Iterator[Problem]:
    """Find out why the pixels of an image do not decode.

    Args:
        path (str | Path): The local file.

    Yields:
        Problem: At most one.
    """
    path = Path(path)
    try:
        if path.stat().st_size == 0:
            reason = 'the file is empty'
        else:
            with Image.open(path) as image:
                image.load()
            return
    except FileNotFoundError:
        remedy = ''
        if '\\' in str(path):
            remedy = 'its file_name has backslashes, write / in their place'
        yield Problem('missing image', 'cannot be read (no such file)', remedy)
        return
    except Exception as error:  # whatever the decoder of its format raises
        unidentified = 'cannot identify' in str(error)
        reason = 'not an image' if unidentified else error
    yield Problem('unreadable image', f'cannot be read ({reason})')


def find_link_problems(path: str | Path, folder: str | Path) -> Iterator[Problem]:
    """Find out whether links lead to an image outside of its folder.

    Args:
        path (str | Path): The local file.
        folder (str | Path): The image folder, which may itself be a link.

    Yields:
        Problem: At most one.
    """
    target = Path(os.path.realpath(path))
    if not target.is_relative_to(os.path.realpath(folder)):
        text = f'is a link to {str(target)!r}'
        yield Problem('link out of the folder', text)
