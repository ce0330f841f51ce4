"""A data set of three images, broken in one way at a time.

Each function takes random numbers, the annotation file's content and the folder of
``ann.json`` and ``img/``, and breaks something. It returns None, or what is written
as the annotation file in place of the content.
"""

import json
import random
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

WIDTH, HEIGHT = 40, 30
CLASSES = ('bolt', 'nut')
NAMES = ('a.png', 'b.jpg', 'c.png')
REQUIRED = dict(
    images=('id', 'file_name', 'width', 'height'),
    categories=('id', 'name'),
    annotations=('id', 'image_id', 'category_id', 'bbox', 'area'),
)
#: Of each way: the kind of problem that is expected, None for none.
BREAKS: list[tuple[str | None, Callable]] = []


def sound_data_set(folder: Path) -> dict:
    """Write three images, and return the content of their annotation file."""
    pixels = np.random.default_rng(0).integers(0, 256, (3, HEIGHT, WIDTH, 3), np.uint8)
    (folder / 'img').mkdir(parents=True)
    for name, image in zip(NAMES, pixels, strict=True):
        Image.fromarray(image).save(folder / 'img' / name)
    return dict(
        images=[
            dict(id=i, file_name=name, width=WIDTH, height=HEIGHT)
            for i, name in enumerate(NAMES, start=1)
        ],
        annotations=[
            dict(
                id=i + 1,
                image_id=i // 2 + 1,
                category_id=7 if i % 2 else 3,
                bbox=[4 + i, 5, 10, 8.5],
                area=85.0,
                iscrowd=0,
            )
            for i in range(6)
        ],
        categories=[dict(id=7, name='bolt'), dict(id=3, name='nut')],
    )


def breaks(kind: str | None) -> Callable[[Callable], Callable]:
    def register(function: Callable) -> Callable:
        BREAKS.append((kind, function))
        return function

    return register


def make(number: int, folder: Path) -> tuple[str | None, str]:
    """Make a broken data set.

    Args:
        number (int): Of the case, which also seeds it.
        folder (Path): A new folder.

    Returns:
        tuple[str | None, str]: The expected kind of problem, and what was done.
    """
    kind, function = BREAKS[number % len(BREAKS)]
    content = sound_data_set(folder)
    text = function(random.Random(number), content, folder)
    if text is None:
        text = json.dumps(content)
    mode = 'wb' if isinstance(text, bytes) else 'w'
    with open(folder / 'ann.json', mode) as stream:
        stream.write(text)
    return kind, function.__name__
