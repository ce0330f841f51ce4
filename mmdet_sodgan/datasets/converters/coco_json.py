"""What the converters share: reading images, writing COCO files, commands."""

import argparse
import json
import os
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from PIL import Image

from ...utils.atomic_write import write_atomically
from ..image_checks import lies_on_side


def image_size(path: Path, source: str) -> tuple[int, int]:
    """Read width and height of an image in pixels from its header.

    They are those that it is loaded with, turned as its EXIF data asks for.

    Args:
        path (Path): The image.
        source (str): Name of the download, for the message.

    Returns:
        tuple[int, int]: ``(width, height)``.

    Raises:
        ValueError: If the file is no image.
    """
    try:
        with Image.open(path) as header:
            return header.size[::-1] if lies_on_side(header) else header.size
    except OSError:
        raise ValueError(
            f'{path} is not an image: restore it from the {source} download.'
        ) from None


def read_coco(path: Path, source: str, alias: str = 'annotations') -> dict:
    """Read a published annotation file in COCO's format.

    Args:
        path (Path): The file.
        source (str): Name of the download, for the messages.
        alias (str): Key of the annotations where there is none of COCO's.

    Returns:
        dict: With ``images``, ``annotations`` and ``categories``.

    Raises:
        FileNotFoundError: If the file does not exist.
        ValueError: If it is no JSON, lacks one of the three lists, or has an
            annotation without one of the keys that are read.
    """
    if not path.is_file():
        raise FileNotFoundError(
            f'{path} is missing: restore it from the {source} download.'
        )
    try:
        coco = json.loads(path.read_text())
        if 'annotations' not in coco and alias in coco:
            coco['annotations'] = coco.pop(alias)
        lists = [coco[key] for key in ('images', 'annotations', 'categories')]
    except (json.JSONDecodeError, TypeError, KeyError):
        raise ValueError(
            f'{path} is no JSON object with images, annotations and categories: '
            f'restore it from the {source} download.'
        ) from None
    for item in lists[1]:
        missing = {'image_id', 'category_id', 'bbox', 'area'} - set(item)
        if missing:
            raise ValueError(
                f'{path}: annotation {item.get("id")} has no {sorted(missing)}: '
                f'restore the file from the {source} download.'
            )
    return coco


def build_coco(
    images: Iterable[tuple[str, tuple[int, int], Iterable[dict]]],
    classes: Iterable[str],
    ids: Iterable[int] | None = None,
) -> dict:
    """Number images, objects and classes as COCO's format does.

    Args:
        images (Iterable[tuple]): Of each its file name, width and height in pixels,
            and its objects, dicts with ``label`` (from 0), ``bbox`` (x, y, w, h in
            pixels) and whatever else is to stand in the file.
        classes (Iterable[str]): Name of each label.
        ids (Iterable[int], optional): Ids of the images. Defaults to None, for 1, 2
            and so on.

    Returns:
        dict: With ``images``, ``annotations`` and ``categories``, these from 1.

    Raises:
        ValueError: If there are more or fewer ids than images.
    """
    entries, annotations = [], []
    numbered = enumerate(images, 1) if ids is None else zip(ids, images, strict=True)
    for image_id, (name, (width, height), objects) in numbered:
        entries.append(dict(id=image_id, file_name=name, width=width, height=height))
        for item in objects:
            item = dict(item)
            annotations.append(
                dict(
                    id=len(annotations) + 1,
                    image_id=image_id,
                    category_id=item.pop('label') + 1,
                    bbox=item['bbox'],
                    area=round(item['bbox'][2] * item['bbox'][3], 4),
                    iscrowd=0,
                )
                | item
            )
    categories = [dict(id=i, name=name) for i, name in enumerate(classes, 1)]
    return dict(images=entries, annotations=annotations, categories=categories)


def flags_to_crowds(annotations: Iterable[dict], flags: Iterable[str]) -> list[dict]:
    """Turn flags that pycocotools does not know into ``iscrowd``, which it does.

    It evaluates an object whose ``ignore`` is set like any other. An object with
    ``iscrowd`` is neither hit nor missed, and a detection inside it is not counted.

    Args:
        annotations (Iterable[dict]): In COCO format. A flag that is not there
            counts as not set.
        flags (Iterable[str]): Keys any of which marks an object to be ignored.

    Returns:
        list[dict]: New annotations of COCO's keys alone, with ids from 1, as
        pycocotools takes an id of 0 for no match.
    """
    return [
        dict(
            id=number,
            image_id=item['image_id'],
            category_id=item['category_id'],
            bbox=item['bbox'],
            area=item['area'],
            iscrowd=int(
                bool(item.get('iscrowd')) or any(item.get(flag) for flag in flags)
            ),
        )
        for number, item in enumerate(annotations, start=1)
    ]


def write_all(
    out_dir: str | os.PathLike, files: Mapping[str, dict]
) -> dict[Path, dict]:
    """Write JSON files, each completely or not at all.

    Args:
        out_dir (str | os.PathLike): Folder for the files, made where missing.
        files (Mapping[str, dict]): Name of each file to its content.

    Returns:
        dict[Path, dict]: Path of each file to its content.
    """
    folder = Path(out_dir)
    folder.mkdir(parents=True, exist_ok=True)
    for name, coco in files.items():
        write_atomically(folder / name, f'{json.dumps(coco)}\n'.encode())
    return {folder / name: coco for name, coco in files.items()}


def make_parser(description: str, source: str, out_dir: str) -> argparse.ArgumentParser:
    """Make a parser of the arguments that all converters have.

    Args:
        description (str): What the command does.
        source (str): Help of the positional argument, the download.
        out_dir (str): Default of ``--out-dir``.

    Returns:
        argparse.ArgumentParser: A parser that the command extends.
    """
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument('source', help=source)
    parser.add_argument(
        '--out-dir',
        default=out_dir,
        help='folder for the JSON files (default: %(default)s)',
    )
    return parser


def run(convert: Callable[..., dict[Path, dict]], **kwargs) -> int:
    """Convert and print what was written, or the error in one sentence.

    Args:
        convert (Callable): A converter.
        **kwargs: Its arguments.

    Returns:
        int: Exit status of the command.
    """
    try:
        written = convert(**kwargs)
    except (OSError, ValueError) as error:
        print(f'error: {error}', file=sys.stderr)
        return 1
    for path, coco in written.items():
        print(f'{path}: {len(coco["images"])} images, {len(coco["annotations"])} boxes')
    return 0
