"""Smaller files beside those of a whole data set: which, and how they are asked for."""

import argparse
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np


class Subsets(NamedTuple):
    """Numbers of images of the subsets to write; None for no file.

    A subset holds the first images of a seeded shuffle, in the order of the whole and
    with its ids, so that a smaller subset is part of a larger one. What a design is
    chosen on are the training images that follow ``num_train`` in their shuffle, so
    that neither training nor test has them.

    Args:
        num_train (int, optional): Training images, for ``<split>_<num_train>.json``.
        num_test (int, optional): Test images, for ``<split>_<num_test>.json``.
        num_design (int, optional): Training images outside of ``num_train``, for
            ``design_<num_design>.json``.
        seed (int): Seed of the shuffles. Defaults to 0.
    """

    num_train: int | None = None
    num_test: int | None = None
    num_design: int | None = None
    seed: int = 0


def with_subsets(splits: Mapping[str, dict], subsets: Subsets) -> dict[str, dict]:
    """Name the files of all splits and of their subsets.

    Args:
        splits (Mapping[str, dict]): In COCO's format, by name, that for training first
            and that for testing last.
        subsets (Subsets): What to write beside them.

    Returns:
        dict[str, dict]: By name of the file, ``NAME.json`` and ``NAME_<number>.json``.

    Raises:
        ValueError: If a split has fewer images, or none is asked for.
    """
    files = {f'{name}.json': coco for name, coco in splits.items()}
    train, test = list(splits)[0], list(splits)[-1]
    num_train, num_test, num_design, seed = subsets
    asked = [
        (train, train, 0, num_train),
        (test, test, 0, num_test),
        ('design', train, num_train or 0, num_design),
    ]
    for name, split, start, number in asked:
        if number is None:
            continue
        coco = splits[split]
        total = len(coco['images']) - start
        if not 1 <= number <= total:
            raise ValueError(
                f'A subset of {number} images was asked for, but {split} has {total}: '
                f'choose 1 to {total}.'
            )
        shuffle = np.random.default_rng(seed).permutation(len(coco['images']))
        images = [coco['images'][i] for i in sorted(shuffle[start : start + number])]
        ids = {image['id'] for image in images}
        annotations = [a for a in coco['annotations'] if a['image_id'] in ids]
        subset = dict(coco, images=images, annotations=annotations)
        files[f'{name}_{number}.json'] = subset
    return files


def add_subset_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the fields of :class:`Subsets` to those of a converter.

    Args:
        parser (argparse.ArgumentParser): As of :func:`.coco_json.make_parser`.
    """
    for name, split in dict(train='training', test='test').items():
        help = f'also write a {split} subset of so many images'
        parser.add_argument(f'--num-{name}', type=int, help=help)
    help = 'also write so many training images outside of that, to choose a design on'
    parser.add_argument('--num-design', type=int, help=help)
    parser.add_argument(
        '--seed', type=int, default=0, help='seed of the subsets (default: 0)'
    )
