"""Validation of the arguments of a synthetic data set."""

from numbers import Integral, Real

import numpy as np

from .patterns import PATTERNS

MIN_IMAGE_SIDE = 32
MIN_OBJECT_SIDE = 2


def _is_integer(value: object, low: int) -> bool:
    """Tell whether a value is an integer (no bool) of at least ``low``."""
    is_integer = isinstance(value, Integral) and not isinstance(value, bool)
    return is_integer and value >= low


def _is_pair(value: object, kind: type) -> bool:
    """Tell whether a value is a sequence of two numbers of a kind."""
    return np.shape(value) == (2,) and all(isinstance(v, kind) for v in value)


def check_arguments(arguments: dict) -> None:
    """Check the arguments of :func:`.generator.generate`.

    Args:
        arguments (dict): Name -> value of all of its arguments but ``out_dir``.

    Raises:
        ValueError: One sentence about the first argument that is out of range.
    """

    def check(key: str, valid: bool, expected: str) -> None:
        if not valid:
            raise ValueError(f'{key} must be {expected}, but got {arguments[key]}.')

    for key, low in (('num_train', 1), ('num_val', 1), ('seed', 0)):
        valid = _is_integer(arguments[key], low)
        check(key, valid, f'an integer of at least {low}')

    size = arguments['image_size']
    valid = _is_pair(size, Integral) and min(size) >= MIN_IMAGE_SIDE
    expected = f'two integers (width, height) of at least {MIN_IMAGE_SIDE} px'
    check('image_size', valid, expected)

    count = arguments['num_classes']
    valid = _is_integer(count, 1) and count <= len(PATTERNS)
    check('num_classes', valid, f'an integer from 1 to {len(PATTERNS)}')

    sides, longest = arguments['size_range'], min(size)
    valid = _is_pair(sides, Real) and (
        MIN_OBJECT_SIDE <= sides[0] < sides[1] <= longest
    )
    expected = (
        f'two rising sides within {MIN_OBJECT_SIDE} px and the image side {longest} px'
    )
    check('size_range', valid, expected)

    counts = arguments['objects_per_image']
    valid = _is_pair(counts, Integral) and 1 <= counts[0] <= counts[1]
    expected = 'two integers of at least 1, the second not below the first'
    check('objects_per_image', valid, expected)
