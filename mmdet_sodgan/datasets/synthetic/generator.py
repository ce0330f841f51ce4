"""A COCO-format data set of synthetic small objects."""

import json
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from ..converters.coco_json import build_coco, write_all
from .arguments import check_arguments
from .patterns import PATTERNS
from .renderer import render_image

#: Raise it with every change that changes a pixel or a box.
FORMAT_VERSION = 1
MANIFEST = 'manifest.json'
SPLITS = ('train', 'val')


def generate(
    out_dir: str | os.PathLike,
    num_train: int,
    num_val: int,
    image_size: tuple[int, int] = (256, 256),
    num_classes: int = 6,
    seed: int = 0,
    size_range: tuple[float, float] = (4, 40),
    objects_per_image: tuple[int, int] = (8, 20),
) -> bool:
    """Write a data set of small objects that only fine detail tells apart.

    The folder holds ``train/*.png``, ``val/*.png``, ``annotations/train.json``,
    ``annotations/val.json`` (COCO) and ``manifest.json`` (the arguments). It is
    written beside its final place and renamed, so it is complete or absent.
    Image ``i`` of a split depends on the arguments but not on the counts.

    Args:
        out_dir (str | os.PathLike): Folder to be made. Nothing is written where
            it already holds the set of the same arguments.
        num_train (int): Number of training images, at least 1.
        num_val (int): Number of validation images, at least 1.
        image_size (tuple[int, int]): (width, height) of the high-resolution
            image in pixels, at least 32 each. Defaults to (256, 256).
        num_classes (int): 1 to 8, see ``PATTERNS``. Defaults to 6.
        seed (int): Seed, at least 0. Defaults to 0.
        size_range (tuple[float, float]): Range of the objects' side (square
            root of the box area) in pixels of the high-resolution image, within
            2 px and the image's shorter side. Defaults to (4, 40).
        objects_per_image (tuple[int, int]): Fewest and most objects drawn in an
            image, both included; those that end up hidden are not annotated.
            Defaults to (8, 20).

    Returns:
        bool: True if the set was written, False if it was there already.

    Raises:
        ValueError: If an argument is out of range.
        FileExistsError: If ``out_dir`` holds anything else.
    """
    arguments = dict(
        num_train=num_train,
        num_val=num_val,
        image_size=image_size,
        num_classes=num_classes,
        seed=seed,
        size_range=size_range,
        objects_per_image=objects_per_image,
    )
    check_arguments(arguments)
    # Plain lists and numbers, so that equal arguments give equal bytes.
    manifest = {key: np.asarray(value).tolist() for key, value in arguments.items()}
    manifest['size_range'] = [float(side) for side in size_range]
    manifest['format_version'] = FORMAT_VERSION
    out_dir = Path(os.path.abspath(out_dir))
    if _is_complete(out_dir, manifest):
        return False

    out_dir.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(
        prefix=f'.{out_dir.name}.', dir=out_dir.parent
    ) as scratch:
        stage = Path(scratch) / 'set'
        stage.mkdir()
        for index, split in enumerate(SPLITS):
            _write_split(stage, split, index, manifest)
        write_all(stage, {MANIFEST: manifest})
        os.rename(stage, out_dir)
    return True


def _write_split(stage: Path, split: str, index: int, manifest: dict) -> None:
    """Write the images and the annotation file of one split."""
    (stage / split).mkdir()
    size = tuple(manifest['image_size'])
    ids = range(manifest[f'num_{split}'])

    def draw_images() -> Iterator[tuple]:
        for image_id in ids:
            # Each image has a generator of its own, so that it depends on no other.
            image, objects = render_image(
                np.random.default_rng([manifest['seed'], index, image_id]),
                size,
                manifest['num_classes'],
                tuple(manifest['size_range']),
                tuple(manifest['objects_per_image']),
            )
            file_name = f'{image_id:06d}.png'
            _, png = cv2.imencode('.png', image)
            (stage / split / file_name).write_bytes(png)
            yield file_name, size, objects

    names = list(PATTERNS)[: manifest['num_classes']]
    coco = build_coco(draw_images(), names, ids)
    write_all(stage / 'annotations', {f'{split}.json': coco})


def _is_complete(out_dir: Path, manifest: dict) -> bool:
    """Tell whether the set is there already; refuse anything else in its place."""
    if not out_dir.exists() or (out_dir.is_dir() and not any(out_dir.iterdir())):
        return False
    remedy = 'choose another folder or remove this one'
    try:
        found = json.loads((out_dir / MANIFEST).read_text())
    except (OSError, ValueError):
        raise FileExistsError(
            f'{out_dir} holds something other than a synthetic set: {remedy}.'
        ) from None
    if found != manifest:
        differing = [key for key in manifest if found.get(key) != manifest[key]]
        raise FileExistsError(
            f'{out_dir} holds a synthetic set with another '
            f'{", ".join(differing)}: {remedy}.'
        )
    for split in SPLITS:
        count = len(list((out_dir / split).glob('*.png')))
        annotated = (out_dir / 'annotations' / f'{split}.json').is_file()
        if count != manifest[f'num_{split}'] or not annotated:
            raise FileExistsError(
                f'{out_dir} holds a synthetic set with missing or additional '
                f'files in its {split} split: {remedy}.'
            )
    return True
