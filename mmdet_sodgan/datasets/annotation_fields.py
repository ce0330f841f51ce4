"""The keys of COCO's annotation format, and what each must hold."""

import reprlib
from collections.abc import Callable, Iterator
from typing import NamedTuple

from .problem import Problem

# A double holds every integer up to here; NaN and infinity are beyond.
_MAX_NUMBER = 2.0**53


def is_number(value: object) -> bool:
    """Tell whether a value is a number; true and false are none."""
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def is_finite(value: object) -> bool:
    """Tell whether coordinates can be computed with a value."""
    return is_number(value) and abs(value) < _MAX_NUMBER


def is_id(value: object) -> bool:
    """Tell whether a value can be an id, with which COCO's evaluation computes."""
    return isinstance(value, int) and is_finite(value)


def show(value: object) -> str:
    """Show a value of a file, shortened and without its control characters."""
    return reprlib.repr(value)


class Field(NamedTuple):
    """What a key must hold."""

    valid: Callable[[object], bool]
    expected: str
    required: bool = True


_ID = Field(is_id, 'an integer below 2^53, above which scores would mix ids up')
_TEXT = Field(lambda value: isinstance(value, str), 'a string')
_SIDE = Field(lambda value: is_finite(value) and value >= 1, 'pixels, at least 1')
_FLAG = Field(lambda value: value in (0, 1), '0 or 1', required=False)
_BOX = Field(
    lambda value: (
        isinstance(value, list) and len(value) == 4 and all(map(is_number, value))
    ),
    'a list of four numbers',
)
FIELDS: dict[str, dict[str, Field]] = dict(
    images=dict(id=_ID, file_name=_TEXT, width=_SIDE, height=_SIDE),
    categories=dict(id=_ID, name=_TEXT),
    annotations=dict(
        id=_ID,
        image_id=_ID,
        category_id=_ID,
        bbox=_BOX,
        area=Field(is_finite, 'a finite number'),
        iscrowd=_FLAG,
        ignore=_FLAG,
    ),
)


def find_field_problems(kind: str, index: int, entry: object) -> Iterator[Problem]:
    """Find missing keys and wrong types in an entry of an annotation file.

    Args:
        kind (str): The list that it is in, a key of :data:`FIELDS`.
        index (int): Its place in the list.
        entry (object): The entry.

    Yields:
        Problem: One of each kind and key.
    """
    where = f'{kind}[{index}]'
    if not isinstance(entry, dict):
        yield Problem('wrong type', f'has {show(entry)} as {where}, no object')
        return
    fields = FIELDS[kind]
    missing = [k for k, field in fields.items() if field.required and k not in entry]
    if missing:
        yield Problem(
            'missing key', f'has an entry of {kind} without {missing}, {where}'
        )
    for key, field in fields.items():
        if key in entry and not field.valid(entry[key]):
            yield Problem(
                'wrong type',
                f'has {show(entry[key])} as {where}.{key}, not {field.expected}',
            )
