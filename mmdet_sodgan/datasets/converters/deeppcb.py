"""DeepPCB (Tang et al., https://arxiv.org/abs/1902.06197) to COCO JSON."""

import os
from pathlib import Path

from .coco_json import build_coco, image_size, write_all
from .subsets import Subsets, with_subsets

#: Names of the defect types 1 to 6, as published.
CLASSES = ('open', 'short', 'mousebite', 'spur', 'copper', 'pin-hole')
SPLITS = ('trainval', 'test')
IMAGE_SUFFIXES = ('.jpg', '.png')


def convert(
    source: str | os.PathLike, out_dir: str | os.PathLike, **subsets: int | None
) -> dict[Path, dict]:
    """Write COCO annotation files of DeepPCB's tested images.

    Writes ``trainval.json`` and ``test.json`` after the published split files,
    or ``all.json`` where there are none, and the subsets asked for. Images are not
    copied; ``file_name`` is relative to ``PCBData``. The image id is the number in the
    image's name.

    Args:
        source (str | os.PathLike): ``PCBData``, or the folder that holds it.
        out_dir (str | os.PathLike): Folder for the files, made where missing.
        **subsets: Arguments of :class:`Subsets`.

    Returns:
        dict[Path, dict]: The files written and what they hold.

    Raises:
        FileNotFoundError: If a folder, split file, annotation or image is missing.
        ValueError: If a line is malformed, a box lies outside of its image, an
            image occurs twice, or a subset is larger than its split.
    """
    root = _find_root(Path(source))
    splits = {name: root / f'{name}.txt' for name in SPLITS}
    missing = [path for path in splits.values() if not path.is_file()]
    if len(missing) == 1:
        raise FileNotFoundError(
            f'Split file {missing[0]} is missing while the other is there: '
            'restore it from the DeepPCB download.'
        )
    asked = Subsets(**subsets)
    if missing and asked != Subsets(seed=asked.seed):
        raise FileNotFoundError(
            f'A subset needs the split files, but {missing[0]} is missing: '
            'restore it from the DeepPCB download.'
        )
    if missing:
        whole = dict(all=_to_coco(root, _find_pairs(root)))
    else:
        whole = {name: _to_coco(root, _read_split(splits[name])) for name in SPLITS}

    # Files are written last, so that bad input leaves no half of them behind.
    return write_all(out_dir, with_subsets(whole, asked))


def _find_root(source: Path) -> Path:
    """Find the folder that holds the ``group*`` folders."""
    root = source / 'PCBData' if (source / 'PCBData').is_dir() else source
    if not root.is_dir() or not any(root.glob('group*/')):
        raise FileNotFoundError(
            f'{source} holds no DeepPCB images (PCBData/group*): give the PCBData '
            'folder of a download of https://github.com/tangsanli5201/DeepPCB.'
        )
    return root


def _read_split(path: Path) -> list[tuple[str, str, str]]:
    """Read (image, annotation, origin) of each line of a split file."""
    pairs = []
    for number, line in enumerate(path.read_text().splitlines(), start=1):
        fields = line.split()
        if not fields:
            continue
        if len(fields) != 2:
            raise ValueError(
                f"{path}:{number}: expected 'IMAGE ANNOTATION', but got "
                f'{line!r}: correct the line.'
            )
        pairs.append((*fields, f'{path}:{number}'))
    return pairs


def _find_pairs(root: Path) -> list[tuple[str, str, str]]:
    """List (image, annotation, origin) of all annotation files."""
    pairs = []
    for path in sorted(root.glob('group*/*_not/*.txt')):
        folder = path.parent.with_name(path.parent.name.removesuffix('_not'))
        image = (folder / path.stem).relative_to(root).as_posix() + '.jpg'
        pairs.append((image, path.relative_to(root).as_posix(), str(path)))
    if not pairs:
        raise FileNotFoundError(
            f'{root} holds no annotation files (group*/*_not/*.txt): restore them '
            'from the DeepPCB download.'
        )
    return pairs


def _to_coco(root: Path, pairs: list[tuple[str, str, str]]) -> dict:
    """Convert image and annotation pairs to a COCO dict."""
    images, seen = {}, {}
    for image, annotation, origin in pairs:
        number, name, size = _find_image(root, image, origin)
        if number in seen:
            raise ValueError(
                f'{origin}: image {image} occurs already in {seen[number]}: '
                'remove one of the two.'
            )
        seen[number] = origin
        images[number] = name, size, _read_objects(root / annotation, size, origin)
    return build_coco(images.values(), CLASSES, images)


def _find_image(root: Path, image: str, origin: str) -> tuple:
    """Find id, name and size in px of a tested image: the listed name + `_test`."""
    stem = Path(image).stem
    if not stem.isdecimal():
        raise ValueError(
            f"{origin}: image name '{image}' is not a number with an ending: "
            'correct it, for the image id is taken from it.'
        )
    listed = (root / image).with_name(f'{stem}_test{Path(image).suffix}')
    # The split files say .jpg; a lossless copy of the images is welcome too.
    choices = [listed, *(listed.with_suffix(suffix) for suffix in IMAGE_SUFFIXES)]
    path = next((choice for choice in choices if choice.is_file()), None)
    if path is None:
        raise FileNotFoundError(
            f'{origin}: image {listed} is missing: restore it from the DeepPCB '
            'download.'
        )
    size = image_size(path, 'DeepPCB')
    return int(stem), path.relative_to(root).as_posix(), size


def _read_objects(path: Path, size: tuple[int, int], origin: str) -> list[dict]:
    """Read an annotation file as :func:`build_coco` takes its objects."""
    if not path.is_file():
        raise FileNotFoundError(
            f'{origin}: annotation {path} is missing: restore it from the DeepPCB '
            'download.'
        )
    objects = []
    width, height = size
    for number, line in enumerate(path.read_text().splitlines(), start=1):
        fields = line.split()
        if not fields:
            continue
        try:
            x1, y1, x2, y2, category = map(int, fields)
        except ValueError:
            raise ValueError(
                f"{path}:{number}: expected 'x1 y1 x2 y2 type' as integers, but "
                f'got {line!r}: correct the line.'
            ) from None
        if not 1 <= category <= len(CLASSES):
            raise ValueError(
                f'{path}:{number}: type {category} is not one of 1 to '
                f'{len(CLASSES)}: correct the line.'
            )
        if not (0 <= x1 < x2 <= width and 0 <= y1 < y2 <= height):
            raise ValueError(
                f'{path}:{number}: box {x1} {y1} {x2} {y2} is empty or leaves the '
                f'{width} x {height} px image: correct the line.'
            )
        objects.append(dict(label=category - 1, bbox=[x1, y1, x2 - x1, y2 - y1]))
    return objects
