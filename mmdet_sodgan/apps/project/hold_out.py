"""Held-out images where there is no validation split."""

import random
import re
from collections import defaultdict
from collections.abc import Callable

SHARE = 0.2
MOST = 0.4
SEED = 0


def hold_out(coco: dict, seed: int = SEED) -> tuple[dict, dict, str]:
    """Hold out about a fifth of the images, whole videos at a time.

    Images of one folder whose names differ by a number at their end are taken for
    frames of one video. Frames resemble each other, so a video that is on both
    sides would make the score too good.

    Args:
        coco (dict): In COCO's format.
        seed (int): Of the draw. Defaults to 0.

    Returns:
        tuple[dict, dict, str]: The part to train on, the part held out, and a
        sentence that says how it was divided.
    """
    units = groups = _group(coco, video_of)
    sizes = [*map(len, units)]
    # Otherwise no names are alike, or the smallest video would leave too little.
    by_group = max(sizes) > 1 and min(sizes) <= MOST * len(coco['images'])
    if not by_group:
        units = _group(coco, _without_hash)
    random.Random(seed).shuffle(units)
    wanted = SHARE * len(coco['images'])
    held = set()
    for unit in units:
        # Whether or not is nearer to what is wanted.
        if len(held) + len(unit) / 2 <= wanted:
            held.update(unit)
    held = held or set(min(units, key=len))
    what = (
        f'whole groups of like names ({len(groups)})' if by_group else 'single images'
    )
    sentence = (
        f'{len(held)} of {len(coco["images"])} images are held out of train, drawn by '
        f'{what} with the seed {seed}'
    )
    if not by_group:
        sentence += '; if they are frames of one video, name another one with --val'
    return _part(coco, held, False), _part(coco, held, True), sentence


def video_of(file_name: str) -> str:
    """Name the video that an image may be a frame of.

    Args:
        file_name (str): Of the image, with its folder.

    Returns:
        str: The name without its last number, and without the hash that Roboflow
        adds.
    """
    return re.sub(r'\d+(?=\D*$)', '', _without_hash(file_name), count=1)


def _without_hash(file_name: str) -> str:
    """Name an image without suffix, alike for all that are made of it."""
    return re.sub(r'(\.rf\.\w+)?\.\w+$', '', file_name)


def _group(coco: dict, name_of: Callable[[str], str]) -> list[list]:
    """Gather the ids of images whose names are alike."""
    groups = defaultdict(list)
    for image in coco['images']:
        groups[name_of(image['file_name'])].append(image['id'])
    return list(groups.values())


def _part(coco: dict, held: set, inside: bool) -> dict:
    return dict(
        coco,
        images=[i for i in coco['images'] if (i['id'] in held) is inside],
        annotations=[
            a for a in coco.get('annotations', []) if (a['image_id'] in held) is inside
        ],
    )
