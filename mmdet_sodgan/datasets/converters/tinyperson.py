"""TinyPerson (Yu et al., https://arxiv.org/abs/1912.10664) to plain COCO JSON."""

import os
from pathlib import Path

from .coco_json import flags_to_crowds, read_coco, write_all

SPLITS = ('train', 'test')
#: The published categories, all of which the benchmark takes for one.
PERSONS = ('sea_person', 'earth_person', 'person')
IGNORED = ('ignore', 'uncertain', 'logo')


def convert(source: str | os.PathLike, out_dir: str | os.PathLike) -> dict[Path, dict]:
    """Write ``train.json`` and ``test.json`` from ``tiny_set_<split>.json``.

    The published files have COCO's form, but say with keys of their own what is to
    be ignored. As in the benchmark, persons at sea and on land are one class,
    objects with ``ignore``, ``uncertain`` or ``logo`` are ignored (``iscrowd``) and
    dense images (more than 200 boxes, ``in_dense_image``) are left out. Image ids
    and file names stay.

    Args:
        source (str | os.PathLike): ``tiny_set``, the folder that holds
            ``annotations``.
        out_dir (str | os.PathLike): Folder for the files, made where missing.

    Returns:
        dict[Path, dict]: The files written and what they hold.

    Raises:
        FileNotFoundError: If a file is missing.
        ValueError: If a file is not in COCO's form or has an unknown category.
    """
    folder = Path(source) / 'annotations'
    if not folder.is_dir():
        raise FileNotFoundError(
            f'{source} holds no folder annotations: give the tiny_set folder of the '
            'TinyPerson download.'
        )
    paths = {name: folder / f'tiny_set_{name}.json' for name in SPLITS}
    return write_all(
        out_dir, {f'{name}.json': _to_person(path) for name, path in paths.items()}
    )


def _to_person(path: Path) -> dict:
    """Convert an annotation file to one of the class person."""
    coco = read_coco(path, 'TinyPerson')
    names = {category['id']: category['name'] for category in coco['categories']}
    annotations = []
    for item in coco['annotations']:
        name = names.get(item['category_id'])
        if name not in PERSONS:
            raise ValueError(
                f'{path}: annotation {item.get("id")} is of category '
                f'{item["category_id"]} ({name}), which is none of {PERSONS}: restore '
                'the file from the TinyPerson download.'
            )
        annotations.append({**item, 'category_id': 1})
    dense = {a['image_id'] for a in annotations if a.get('in_dense_image')}
    kept = (a for a in annotations if a['image_id'] not in dense)
    return dict(
        images=[image for image in coco['images'] if image['id'] not in dense],
        annotations=flags_to_crowds(kept, IGNORED),
        categories=[dict(id=1, name='person')],
    )
