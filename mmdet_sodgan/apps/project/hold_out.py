"""Held-out images where there is no validation split."""

import random
import re
from collections import defaultdict

SHARE = 0.2
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
    groups = defaultdict(list)
    for image in coco['images']:
        groups[video_of(image['file_name'])].append(image['id'])
    by_group = 5 <= len(groups) < len(coco['images'])
    units = list(groups.values()) if by_group else [[i['id']] for i in coco['images']]
    random.Random(seed).shuffle(units)
    wanted = SHARE * len(coco['images'])
    held = set()
    for unit in units:
        # The nearer one of the two numbers, and one at least.
        if not held or len(held) + len(unit) / 2 <= wanted:
            held.update(unit)
    what = f'{len(groups)} groups by file name' if by_group else 'single images'
    sentence = (
        f'No --val: {len(held)} of {len(coco["images"])} images are held out for '
        f'validation, drawn by {what} with the seed {seed}.'
    )
    return _part(coco, held, False), _part(coco, held, True), sentence


def video_of(file_name: str) -> str:
    """Name the video that an image may be a frame of.

    Args:
        file_name (str): Of the image, with its folder.

    Returns:
        str: The name without its last number.
    """
    return re.sub(r'\d+(?=\D*$)', '', re.sub(r'\.\w+$', '', file_name), count=1)


def _part(coco: dict, held: set, inside: bool) -> dict:
    return dict(
        coco,
        images=[i for i in coco['images'] if (i['id'] in held) is inside],
        annotations=[
            a for a in coco.get('annotations', []) if (a['image_id'] in held) is inside
        ],
    )
