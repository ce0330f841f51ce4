"""What most boxes of an annotation file have in common, and no single one tells."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from .annotation_fields import is_finite
from .problem import Problem

#: Below so many boxes, what they have in common may be chance.
MIN_BOXES = 10
# Boxes may leave the image by so many pixels, through rounding.
_SLACK = 2
_MOST = 0.5
# Of boxes that are read in the wrong way, those close to the image's origin look right.
_MANY = 0.2
_SOME = 0.1
# Of those that leave their image, a cause leaves so many unexplained.
_FEW = 0.05
# Of outlines, which take a while to measure.
_NUM_OUTLINES = 1000


def find_share_problems(
    annotations: Sequence[Mapping], images: Mapping[int, Mapping]
) -> Iterator[Problem]:
    """Find out whether the boxes as a whole are written in another way than COCO's.

    Args:
        annotations (Sequence[Mapping]): Entries in COCO's format, with all keys and
            their types. Crowds are passed over.
        images (Mapping[int, Mapping]): Entry of each image by its id.

    Yields:
        Problem: At most one on the boxes, the most likely cause, and one on the areas.
    """
    objects = [
        each
        for each in annotations
        if not each.get('iscrowd')
        and each['image_id'] in images
        and all(map(is_finite, each['bbox']))
    ]
    if not objects:
        return
    boxes = np.array([each['bbox'] for each in objects], float)
    # An id names several images only where that is refused anyway.
    entries = [images[each['image_id']] for each in objects]
    sizes = np.array([(e['width'], e['height']) for e in entries], float)
    start, extent = boxes[:, :2], boxes[:, 2:]
    number = len(boxes)
    fractions = ((boxes >= 0) & (boxes <= 1)).all(1) & (extent > 0).all(1)
    if fractions.mean() > _MOST:
        yield Problem(
            'boxes as fractions',
            f'has {fractions.sum()} of {number} boxes with all values between 0 and 1',
        )
    elif number >= MIN_BOXES:
        found = list(_find_shape_problems(objects, start, extent, sizes))
        yield from found
        # The area of boxes that are read in the wrong way is another for that reason.
        if found:
            return
    yield from _find_area_problems(objects, extent)


def _find_shape_problems(
    objects: Sequence[Mapping],
    start: np.ndarray,
    extent: np.ndarray,
    sizes: np.ndarray,
) -> Iterator[Problem]:
    """Judge boxes of ``(n, 2)`` starts and extents in images of ``(n, 2)`` sizes."""
    number = len(start)
    end = start + extent
    over = (end > sizes + _SLACK).any(1)
    # Their last two values are corners within the image, beyond the first two.
    corners = ((extent > start) & (extent <= sizes + _SLACK)).all(1)
    swapped = (end <= sizes[:, ::-1] + _SLACK).all(1)
    inside = np.minimum(end, sizes) > np.maximum(start, 0)
    useless = ~inside.all(1) | (extent < 1).any(1)
    turned = (start + extent[:, ::-1] <= sizes + _SLACK).all(1)
    of_corners = corners & _have_area(objects, extent - start)
    of_corners &= ~_have_area(objects, extent)
    outlined, sideways = _count_sideways(objects)
    explained = {
        kind: (~fit).sum()
        for kind, fit in (
            ('boxes as corners', corners),
            ('swapped size', swapped),
            ('swapped sides', turned),
        )
        if (~fit).sum() <= _FEW * over.sum()
    }
    leave = f'has {over.sum()} of {number} boxes that leave their image, against'
    if over.mean() > _MANY and 'boxes as corners' in explained:
        yield Problem(
            'boxes as corners',
            f'{leave} {explained["boxes as corners"]} if they are read as [x1, y1, x2, '
            'y2]',
        )
    elif of_corners.mean() > _MOST:
        yield Problem(
            'boxes as corners',
            f'has {of_corners.sum()} of {number} boxes whose area is theirs if they '
            'are read as [x1, y1, x2, y2]',
        )
    elif over.mean() > _SOME and 'swapped size' in explained:
        yield Problem(
            'swapped size',
            f'{leave} {explained["swapped size"]} if width and height of the images '
            'are swapped',
        )
    elif over.sum() > min(MIN_BOXES, _SOME * number) and 'swapped sides' in explained:
        yield Problem(
            'swapped sides',
            f'{leave} {explained["swapped sides"]} if their width and height are '
            'swapped',
        )
    elif outlined >= MIN_BOXES and sideways > _MOST * outlined:
        yield Problem(
            'swapped sides',
            f'has {sideways} of {outlined} boxes that fit their segmentation if their '
            'width and height are swapped',
        )
    elif useless.mean() > _MOST:
        yield Problem(
            'most boxes useless',
            f'has {useless.sum()} of {number} boxes that are empty or outside of '
            'their image',
        )


def _find_area_problems(
    objects: Sequence[Mapping], extent: np.ndarray
) -> Iterator[Problem]:
    """Compare ``area`` with boxes of ``(n, 2)`` extents, in pixels."""
    outlined = np.array([bool(each.get('segmentation')) for each in objects])
    # An outline explains an area below that of its box.
    area = np.array([each['area'] for each in objects], float)
    other = ~_have_area(objects, extent) & ~(outlined & (area < extent.prod(1)))
    if len(objects) >= MIN_BOXES and other.mean() > _SOME:
        yield Problem(
            'other area',
            f'has {other.sum()} of {len(objects)} annotations whose area is not that '
            f'of their bbox',
        )


def _have_area(objects: Sequence[Mapping], extent: np.ndarray) -> np.ndarray:
    """Tell which ``area`` is that of a box of ``(n, 2)`` extents, in pixels."""
    area = np.array([each['area'] for each in objects], float)
    of_box = extent.prod(1)
    # Converters round both.
    return np.abs(area - of_box) <= 0.05 * np.abs(of_box) + np.abs(extent).sum(1) + 1


def _count_sideways(objects: Sequence[Mapping]) -> tuple[int, int]:
    """Count oblong boxes with an outline, and those that fit it lying on a side."""
    outlined = sideways = 0
    for each in objects:
        _, _, width, height = each['bbox']
        if abs(width - height) <= 2 * _SLACK:
            continue
        if outlined == _NUM_OUTLINES:
            break
        try:
            points = np.concatenate(each['segmentation']).reshape(-1, 2)
            extent = points.max(0) - points.min(0)
        # Masks are of any form here: a run-length code, broken, or missing.
        except (KeyError, TypeError, ValueError):
            continue
        outlined += 1
        sideways += bool((np.abs(extent - (height, width)) <= _SLACK).all())
    return outlined, sideways
