"""Where the images and labels of a YOLO data set lie."""

from collections.abc import Sequence
from pathlib import Path

import yaml

from ...utils.errors import UserError

#: Keys of a YOLO file that name the images of a split.
_KEYS = dict(train=('train',), val=('val', 'valid', 'validation'))


def find_file(words: Sequence[Path]) -> Path | None:
    """Find the file that names classes and folders.

    Args:
        words (Sequence[Path]): What the user names.

    Returns:
        Path | None: What is named, or the data.yaml in it or in the folder around it.
    """
    if len(words) != 1:
        return None
    if words[0].suffix in ('.yaml', '.yml') and words[0].is_file():
        return words[0]
    found = (folder / 'data.yaml' for folder in (words[0], words[0].resolve().parent))
    return next((path for path in found if path.is_file()), None)


def find_images(file: Path, folder: Path, name: str) -> Path | None:
    """Find the folder of a split's images.

    Args:
        file (Path): That of :func:`find_file`.
        folder (Path): What the user names, which may be that file.
        name (str): ``'train'`` or ``'val'``.

    Returns:
        Path | None: The folder, None where the file has no key for it.

    Raises:
        UserError: The key names no folder, or several; one sentence.
    """
    own = folder / 'images'
    has_own = own.is_dir() and any(path.is_file() for path in own.iterdir())
    if has_own and folder != file.parent:
        # A folder of one split, with images and labels in it.
        return own
    content = yaml.safe_load(file.read_text())
    content = content if isinstance(content, dict) else {}
    for key in _KEYS[name]:
        if value := content.get(key):
            return _read_key(file, key, value, str(content.get('path') or '.'))
    return own if has_own and name == 'train' else None


def _read_key(file: Path, key: str, value, root: str) -> Path:
    """Find the folder that a key of a YOLO file names."""
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if isinstance(value, str):
        # Exports name it from where their training was started.
        for place in (file.parent / root, file.parent):
            for part in (value, value.removeprefix('../')):
                if (place / part).is_dir():
                    return place / part
    raise UserError(
        f'{file} names {value!r} as {key}, which is not one folder that is there: '
        f'set {key} to the folder of images'
        + (', or remove it to have a fifth held out.' if key != 'train' else '.')
    )


def labels_of(images: Path) -> Path:
    """Find the folder beside: its path with the last ``images`` as ``labels``.

    Args:
        images (Path): Folder of the images.

    Returns:
        Path: That of the labels, which may be missing.
    """
    parts = list(images.parts)
    last = len(parts) - 1 - parts[::-1].index('images') if 'images' in parts else -1
    parts[last] = 'labels'
    return Path(*parts)
