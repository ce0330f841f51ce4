"""What can be wrong with a COCO annotation file."""

import os
import posixpath
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from .annotation_fields import FIELDS, find_field_problems, is_finite, is_id, show
from .problem import Problem
from .share_checks import find_share_problems


def find_annotation_problems(
    coco: object, max_pixels: int | None = None
) -> Iterator[Problem]:
    """Find what is wrong with the content of an annotation file.

    Args:
        coco (object): What its JSON holds.
        max_pixels (int | None): Width times height of the largest image that is
            read. Defaults to None, no bound.

    Yields:
        Problem: One at a time; an entry that lacks a key or has a wrong type is
        not looked at any further.
    """
    if not isinstance(coco, dict):
        yield Problem('not JSON', f'is not a JSON object but holds {show(coco)}')
        return
    sound = {}
    known = {}
    for kind in FIELDS:
        entries = coco.get(kind, [])
        if not isinstance(entries, list):
            yield Problem('wrong type', f'has {show(entries)} as {kind}, not a list')
            entries = []
        elif not entries and kind != 'annotations':
            yield Problem('nothing listed', f'lists no {kind}')
        sound[kind] = []
        for index, entry in enumerate(entries):
            problems = list(find_field_problems(kind, index, entry))
            yield from problems
            if not problems:
                sound[kind].append(entry)
        ids = [e['id'] for e in entries if isinstance(e, dict) and is_id(e.get('id'))]
        known[kind] = set(ids)
        yield from _find_repeated('duplicate id', f'{kind} with the id', ids)
    for image in sound['images']:
        yield from find_name_problems(image['file_name'])
        yield from find_bound_problems(image, max_pixels)
    yield from _find_repeated(
        'file listed twice',
        'images with the file_name',
        (image['file_name'] for image in sound['images']),
    )
    yield from _find_repeated(
        'duplicate category',
        'categories named',
        (category['name'] for category in sound['categories']),
    )
    images = {image['id']: image for image in sound['images']}
    for annotation in sound['annotations']:
        for key, kind in (('image_id', 'images'), ('category_id', 'categories')):
            if annotation[key] not in known[kind]:
                yield Problem(
                    'unknown reference',
                    f'has an annotation (id {annotation["id"]}) with the unknown '
                    f'{key} {show(annotation[key])}',
                )
        yield from find_box_problems(annotation, images.get(annotation['image_id']))
    yield from find_share_problems(sound['annotations'], images)


def _find_repeated(kind: str, what: str, values: Iterable) -> Iterator[Problem]:
    for value, number in Counter(values).items():
        if number > 1:
            yield Problem(kind, f'has several {what} {show(value)} ({number} of them)')


def find_name_problems(file_name: str) -> Iterator[Problem]:
    """Find out whether a file name leaves the image folder.

    Args:
        file_name (str): An image's file name, as the annotation file gives it.

    Yields:
        Problem: At most one.
    """
    # A path of Windows counts as one wherever it is read.
    name = file_name.replace('\\', '/')
    parts = posixpath.normpath(name).split('/')
    try:
        path = os.fsencode(file_name)
    except UnicodeEncodeError:
        path = b'\0'
    if (
        posixpath.isabs(name)
        or parts[0] in ('..', '.')
        # A drive, or a scheme by which MMEngine would fetch it: "c:", "http://".
        or re.match(r'[A-Za-z]:|.*://', name, re.DOTALL)
    ):
        yield Problem(
            'file name',
            f'names the image {file_name!r}, which is outside of the image folder',
        )
    elif b'\0' in path:
        yield Problem(
            'file name', f'names the image {file_name!r}, which no file can be named'
        )


def find_bound_problems(image: dict, max_pixels: int | None) -> Iterator[Problem]:
    """Find out whether an image is said to be larger than what is read.

    Args:
        image (dict): Its entry, with all keys and their types.
        max_pixels (int | None): Width times height of the largest image that is
            read, None for no bound.

    Yields:
        Problem: At most one.
    """
    width, height = image['width'], image['height']
    if max_pixels is not None and width * height > max_pixels:
        yield Problem(
            'too many pixels',
            f'has the image {image["file_name"]!r} of {width} x {height} pixels, more '
            f'than the {max_pixels:,} that are read',
        )


def find_box_problems(annotation: dict, image: dict | None) -> Iterator[Problem]:
    """Find what is wrong with the box of an object.

    What is left out is what ``CocoDataset.parse_data_info`` passes over.

    Args:
        annotation (dict): Entry in COCO's format, with all keys and their types. Its
            ``bbox`` is ``[x, y, width, height]`` in pixels of the image.
        image (dict | None): Its entry, None where that is not usable.

    Yields:
        Problem: At most one, besides that of an id 0.
    """
    box = annotation['bbox']
    label = f'an annotation (id {annotation["id"]}) with the bbox {show(box)}'
    if annotation['id'] == 0:
        yield Problem('annotation id 0', 'has an annotation with the id 0')
    x, y, width, height = box
    if not all(map(is_finite, box)):
        yield Problem('box not finite', f'has {label}')
    elif width < 0 or height < 0:
        yield Problem('negative box', f'has {label}')
    elif annotation.get('ignore'):
        yield Problem('ignore flag', f'has {label} and the flag ignore')
    elif width < 1 or height < 1 or annotation['area'] <= 0:
        yield Problem('empty box', f'has {label} and the area {annotation["area"]}')
    elif image is not None:
        right = min(x + width, image['width'])
        bottom = min(y + height, image['height'])
        size = f'in an image of {image["width"]} x {image["height"]} px'
        if right <= max(x, 0) or bottom <= max(y, 0):
            yield Problem('box outside', f'has {label} {size}')
        elif (x, y) != (max(x, 0), max(y, 0)) or (right, bottom) != (
            x + width,
            y + height,
        ):
            yield Problem('box over the border', f'has {label} {size}')


def find_class_problems(in_file: Sequence[str], wanted: Sequence[str]) -> list[Problem]:
    """Compare the categories of a file with the classes of a data set.

    Args:
        in_file (Sequence[str]): Names of the file's categories, in its order.
        wanted (Sequence[str]): The data set's ``metainfo.classes``.

    Returns:
        list[Problem]: Empty, or one problem that says how they differ. A part of the
        categories in the file's order is allowed, as labels go by that order.
    """
    in_file, wanted = list(in_file), list(wanted)
    if in_file == wanted:
        return []
    unknown = [name for name in in_file if name not in wanted]
    absent = [name for name in wanted if name not in in_file]
    if wanted and wanted == [name for name in in_file if name in wanted]:
        return [Problem('other categories', f'has categories {unknown} beside classes')]
    texts = []
    if unknown:
        texts.append(f'has categories {unknown} that are not in classes')
    if absent:
        texts.append(f'lacks the classes {absent}')
    if not texts:
        texts.append('lists its categories in another order than classes')
    remedy = f'set metainfo.classes to {tuple(in_file)}'
    return [Problem('other classes', ' and '.join(texts), remedy)]


def find_parents(
    categories: Iterable[Mapping], annotations: Iterable[Mapping]
) -> list[str]:
    """Find categories that only group others, as in exports of web tools.

    Args:
        categories (Iterable[Mapping]): Entries with all keys.
        annotations (Iterable[Mapping]): Likewise.

    Returns:
        list[str]: Names of those that are the ``supercategory`` of another one, and
        of which there is no box.
    """
    used = {annotation['category_id'] for annotation in annotations}
    categories = list(categories)
    pairs = [(c.get('supercategory'), c['name']) for c in categories]
    groups = [parent for parent, name in pairs if parent != name]
    return [
        c['name'] for c in categories if c['id'] not in used and c['name'] in groups
    ]
