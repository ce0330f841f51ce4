"""SODA-D (Cheng et al., https://arxiv.org/abs/2207.14096) to plain COCO JSON."""

import os
from pathlib import Path

from .coco_json import flags_to_crowds, read_coco, write_all

#: Names of the categories 1 to 9, as published; 10 is 'ignore'.
CLASSES = (
    'people',
    'rider',
    'bicycle',
    'motor',
    'vehicle',
    'traffic-sign',
    'traffic-light',
    'traffic-camera',
    'warning-cone',
)
SPLITS = ('train', 'val', 'test')


def convert(source: str | os.PathLike, out_dir: str | os.PathLike) -> dict[Path, dict]:
    """Write a COCO annotation file of each split that is there.

    The published files have COCO's form, but pycocotools does not honour their
    ``ignore``, which the data set's own splitter sets on objects that a patch cuts
    off: they become ``iscrowd``. Category 10, regions to be ignored, is left out, as
    in the data set's own evaluation. Image ids and file names stay.

    Args:
        source (str | os.PathLike): The splitter's output, or the download: the
            folder that holds ``Annotations``.
        out_dir (str | os.PathLike): Folder for the files, made where missing.

    Returns:
        dict[Path, dict]: The files written and what they hold.

    Raises:
        FileNotFoundError: If no annotation file is there.
        ValueError: If a file is not in COCO's form or has other categories.
    """
    folder = Path(source) / 'Annotations'
    paths = {name: folder / f'{name}.json' for name in SPLITS}
    found = {name: path for name, path in paths.items() if path.is_file()}
    if not found:
        raise FileNotFoundError(
            f'{folder} holds none of train.json, val.json and test.json: give the '
            "folder that SODA-D's splitter wrote."
        )
    return write_all(
        out_dir, {f'{name}.json': _to_coco(path) for name, path in found.items()}
    )


def _to_coco(path: Path) -> dict:
    """Convert an annotation file."""
    coco = read_coco(path, 'SODA-D')
    names = {category['id']: category['name'] for category in coco['categories']}
    expected = dict(enumerate((*CLASSES, 'ignore'), start=1))
    if any(expected.get(key) != name for key, name in names.items()):
        raise ValueError(
            f'{path}: its categories are {names}, those of SODA-D {expected}: restore '
            'the file.'
        )
    unknown = {a['category_id'] for a in coco['annotations']} - set(expected)
    if unknown:
        raise ValueError(
            f'{path} has annotations of the unknown categories {sorted(unknown)}: '
            'restore the file.'
        )
    objects = (a for a in coco['annotations'] if a['category_id'] <= len(CLASSES))
    return dict(
        images=coco['images'],
        annotations=flags_to_crowds(objects, ('ignore',)),
        categories=[dict(id=i, name=name) for i, name in enumerate(CLASSES, start=1)],
    )
