"""VisDrone-DET (Zhu et al., https://arxiv.org/abs/1804.07437) to COCO JSON."""

import os
from pathlib import Path

from .coco_json import build_coco, image_size, write_all

#: Names of the categories 1 to 10, as published.
CLASSES = (
    'pedestrian',
    'people',
    'bicycle',
    'car',
    'van',
    'truck',
    'tricycle',
    'awning-tricycle',
    'bus',
    'motor',
)
IGNORED_REGION, OTHERS = 0, 11
SPLITS = ('train', 'val', 'test-dev')
DOWNLOAD = 'VisDrone2019-DET'
LINE = 'left,top,width,height,score,category,truncation,occlusion'


def convert(source: str | os.PathLike, out_dir: str | os.PathLike) -> dict[Path, dict]:
    """Write a COCO annotation file of each split that is there.

    Writes ``train.json``, ``val.json`` and ``test-dev.json`` for the folders
    ``VisDrone2019-DET-<split>``. Images are not copied; ``file_name`` is relative
    to the split's ``images``. Image ids count from 1 in the order of the names.

    As in the data set's own evaluation, an object of score 0 is ignored
    (``iscrowd``) and category 11, "others", is left out. An ignored region applies
    to all classes, which a COCO annotation cannot, so it becomes one crowd a class;
    the toolkit drops detections that lie in such a region by half.

    Args:
        source (str | os.PathLike): The folder that holds the splits' folders.
        out_dir (str | os.PathLike): Folder for the files, made where missing.

    Returns:
        dict[Path, dict]: The files written and what they hold.

    Raises:
        FileNotFoundError: If no split is there, or an image has no annotation file
            or the other way round.
        ValueError: If a line is malformed or a file is no image.
    """
    folders = {name: Path(source) / f'{DOWNLOAD}-{name}' for name in SPLITS}
    found = {name: path for name, path in folders.items() if path.is_dir()}
    if not found:
        raise FileNotFoundError(
            f'{source} holds none of {DOWNLOAD}-{{{",".join(SPLITS)}}}: give the '
            'folder into which the VisDrone downloads were unpacked.'
        )
    files = {f'{name}.json': _to_coco(path) for name, path in found.items()}
    return write_all(out_dir, files)


def _to_coco(folder: Path) -> dict:
    """Convert the images and annotation files of a split to a COCO dict."""
    images = {path.stem: path for path in sorted((folder / 'images').glob('*.jpg'))}
    labels = {path.stem: path for path in (folder / 'annotations').glob('*.txt')}
    if not images:
        raise FileNotFoundError(
            f'{folder / "images"} holds no images (*.jpg): restore them from the '
            'VisDrone download.'
        )
    for kind, stems in (
        ('annotation file', images.keys() - labels.keys()),
        ('image', labels.keys() - images.keys()),
    ):
        if stems:
            raise FileNotFoundError(
                f'{folder}: {min(stems)} has no {kind}: restore it from the VisDrone '
                'download.'
            )
    entries = (
        (path.name, image_size(path, 'VisDrone'), _read_objects(labels[stem]))
        for stem, path in images.items()
    )
    return build_coco(entries, CLASSES)


def _read_objects(path: Path) -> list[dict]:
    """Read an annotation file as :func:`build_coco` takes its objects."""
    objects = []
    for number, line in enumerate(path.read_text().splitlines(), start=1):
        # Some published lines end in a comma.
        text = line.strip().removesuffix(',')
        if not text:
            continue
        try:
            x, y, width, height, score, category, _, _ = map(int, text.split(','))
        except ValueError:
            raise ValueError(
                f"{path}:{number}: expected '{LINE}' as integers, but got "
                f'{line!r}: correct the line.'
            ) from None
        if width < 0 or height < 0 or score not in (0, 1):
            raise ValueError(
                f'{path}:{number}: a negative size or a score that is neither 0 nor 1 '
                f'in {line!r}: correct the line.'
            )
        if not IGNORED_REGION <= category <= OTHERS:
            raise ValueError(
                f'{path}:{number}: category {category} is not one of '
                f'{IGNORED_REGION} to {OTHERS}: correct the line.'
            )
        # A box without area can be neither found nor missed.
        if category == OTHERS or width * height == 0:
            continue
        region = category == IGNORED_REGION
        crowd = int(region or score == 0)
        for label in range(len(CLASSES)) if region else (category - 1,):
            bbox = [x, y, width, height]
            objects.append(dict(label=label, bbox=bbox, iscrowd=crowd))
    return objects
