"""HIT-UAV (Suo et al., https://doi.org/10.1038/s41597-023-02066-6) to COCO JSON."""

import os
from pathlib import Path

from .coco_json import build_coco, image_size, read_coco, write_all
from .subsets import Subsets, with_subsets

CLASSES = ('Person', 'Car', 'Bicycle')
#: Published category to the classes of which its objects are ignored: another vehicle
#: is likely taken for a car, and DontCare may be anything.
IGNORED = dict(OtherVehicle=('Car',), DontCare=CLASSES)
#: The flight settings for testing: altitude in metres and angle in degrees, by the
#: time of day (0 and 1) that a file name begins with.
TEST_SETTINGS = {
    '0': '60_40 60_90 70_70 80_40 100_50 110_40 120_30 120_60 120_90 130_30 130_40 '
    '130_90',
    '1': '60_40 60_60 60_80 70_70 70_80 80_70 90_40 90_70 100_60 110_50 110_80 110_90 '
    '120_60 120_70 130_40 130_50 130_70',
}


def convert(
    source: str | os.PathLike, out_dir: str | os.PathLike, **subsets: int | None
) -> dict[Path, dict]:
    """Write ``train.json`` and ``test.json`` of all published images, split anew.

    The published split is random by frame: nearly every test image has a neighbour of
    the same flight in training. Here all images of a flight setting (time, altitude
    and angle) are on one side, those of ``TEST_SETTINGS`` for testing. Images
    are not copied; ``file_name`` is relative to ``source`` and ids count from 1 in the
    order of the names. ``OtherVehicle`` and ``DontCare`` are ignored (``iscrowd``).
    The subsets asked for are written, too.

    Args:
        source (str | os.PathLike): ``normal_json``, the folder that holds
            ``annotations`` and the images of each file there. Files with COCO's own
            keys are read, too.
        out_dir (str | os.PathLike): Folder for the files, made where missing.
        **subsets: Arguments of :class:`Subsets`.

    Returns:
        dict[Path, dict]: The files written and what they hold.

    Raises:
        FileNotFoundError: If a folder, an annotation file or an image is missing.
        ValueError: If a file is not in the published form, has an unknown category or
            an image that another has too, nothing is left of a split, or a subset is
            larger than its split.
    """
    root = Path(source)
    paths = sorted((root / 'annotations').glob('*.json'))
    if not paths:
        raise FileNotFoundError(
            f'{source} holds no annotations/*.json: give the folder normal_json of the '
            'HIT-UAV download.'
        )
    splits = dict(train={}, test={})
    for path in paths:
        for name, image in _read(root, path).items():
            images = splits['test' if _is_test(name) else 'train']
            if name in images:
                raise ValueError(
                    f'{path}: image {name} is in another file too: restore the files '
                    'from the HIT-UAV download.'
                )
            images[name] = image
    for split, images in splits.items():
        if not images:
            raise ValueError(
                f'{source} has no image of a flight setting for {split}ing: restore '
                'the files from the HIT-UAV download.'
            )
    whole = {
        split: build_coco((images[name] for name in sorted(images)), CLASSES)
        for split, images in splits.items()
    }
    return write_all(out_dir, with_subsets(whole, Subsets(**subsets)))


def _is_test(name: str) -> bool:
    """Tell the side of an image ``<time>_<altitude>_<angle>_<weather>_<frame>``."""
    time, _, rest = name.partition('_')
    setting = '_'.join(rest.split('_')[:2])
    return setting in TEST_SETTINGS.get(time, '').split()


def _read(root: Path, path: Path) -> dict[str, tuple]:
    """Read the images of a file, by name, as :func:`build_coco` takes them."""
    coco = read_coco(path, 'HIT-UAV', alias='annotation')
    folder = path.stem.removeprefix('instances_')
    names = {category['id']: category['name'] for category in coco['categories']}
    images = {}
    for image in coco['images']:
        name = str(image.get('filename', image.get('file_name')))
        if not (file := root / folder / name).is_file():
            raise FileNotFoundError(
                f'{path}: image {file} is missing: restore it from the HIT-UAV '
                'download.'
            )
        entry = (f'{folder}/{name}', image_size(file, 'HIT-UAV'), [])
        images[image['id']] = (name, entry)
    for item in coco['annotations']:
        category = names.get(item['category_id'])
        labels = IGNORED.get(category, (category,))
        if item['image_id'] not in images or not set(labels) <= set(CLASSES):
            raise ValueError(
                f'{path}: annotation {item.get("id")} is of category '
                f'{item["category_id"]} ({category}) and image {item["image_id"]}, one '
                'of which is unknown: restore the file from the HIT-UAV download.'
            )
        crowd = int(category in IGNORED or item.get('iscrowd', 0))
        images[item['image_id']][1][2].extend(
            dict(label=CLASSES.index(label), bbox=item['bbox'], iscrowd=crowd)
            for label in labels
        )
    return dict(images.values())
