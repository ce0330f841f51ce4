import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image

#: Pixels of the largest image that is read where nothing else is asked for: nearly
#: 1 GB once it is decoded to three channels.
MAX_PIXELS = 300_000_000

_pillow_limit = threading.Lock()


def check_image_size(path: str | Path, max_pixels: int = MAX_PIXELS) -> tuple[int, int]:
    """Refuse an image that is too large, from its header alone.

    A file of some kilobytes can decode to more than the memory holds.

    Args:
        path (str | Path): The file, in a format that Pillow knows.
        max_pixels (int): Width times height that is still read.

    Returns:
        tuple[int, int]: Width and height in pixels, as they are stored: before
        a rotation that EXIF data asks for.

    Raises:
        ValueError: The file cannot be opened, is no image, or is larger; one
            sentence that names it.
    """
    try:
        width, height = _stored_size(path)
    except Exception as error:  # whatever the decoder of its format raises
        reason = getattr(error, 'strerror', None) or 'it is not an image'
        raise ValueError(f'{path} cannot be read: {reason}.') from None
    if width * height > max_pixels:
        raise ValueError(
            f'{path} has {width} x {height} pixels, more than the {max_pixels:,} '
            f'that are read: raise the bound (max_pixels) where you trust the file.'
        )
    return width, height


@contextmanager
def without_pillow_bound() -> Iterator[None]:
    """Open images whose size :func:`check_image_size` has checked.

    Pillow has a bound of its own, above which opening a file warns, and fails above
    twice of it. It is a variable of the module, so one thread at a time.
    """
    with _pillow_limit:
        before, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None
        try:
            yield
        finally:
            Image.MAX_IMAGE_PIXELS = before


def _stored_size(path: str | Path) -> tuple[int, int]:
    with without_pillow_bound(), Image.open(path) as image:
        return image.size
