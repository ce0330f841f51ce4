"""Annotations in the formats that are taken, as COCO JSON."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import yaml

from ...datasets.converters.coco_json import build_coco, image_size, write_all
from ...utils.errors import UserError, one_line
from ...utils.extras import require

_VOC = ('JPEGImages', 'Annotations')
#: Keys of a YOLO file that name the images of a split.
_KEYS = dict(train=('train',), val=('val', 'valid', 'validation'))


@dataclass(frozen=True)
class Split:
    """A split in COCO's format.

    Args:
        ann_file (Path): The annotation file.
        img_dir (Path): Folder of its images.
        source (Path): What the user named.
    """

    ann_file: Path
    img_dir: Path
    source: Path

    @property
    def converted(self) -> bool:
        """bool: Whether the annotation file was made here."""
        return self.ann_file != self.source


def read_splits(
    named: dict[str, Sequence[Path]], out_dir: Path
) -> Iterator[tuple[str, Split]]:
    """Find the annotations of each split, and convert those that are not COCO's.

    A folder with ``JPEGImages`` and ``Annotations`` is taken for Pascal VOC. One with
    a ``data.yaml`` (or beside one) is taken for YOLO; where ``val`` is not named, it
    is the one of that file. Objects that VOC marks as difficult are objects like
    others.

    Args:
        named (dict[str, Sequence[Path]]): What the user names for ``'train'`` and
            perhaps ``'val'``: an annotation file and the folder of its images, or
            one folder.
        out_dir (Path): Folder for the annotation files that are made.

    Yields:
        tuple[str, Split]: Name of each split and where it is.

    Raises:
        UserError: It is in none of the formats, or a file of it is broken.
        SystemExit: supervision is not installed.
    """
    named = dict(named)
    labels = {}
    for name, words in named.items():
        if len(words) == 2:
            yield name, Split(*words, source=words[0])
        else:
            labels[name] = _read_folder(name, words)
    if 'val' not in named and (found := _yolo_file(named['train'])):
        if _yolo_images(found, named['train'][0], 'val') is not None:
            named['val'] = named['train']
            labels['val'] = _read_folder('val', named['val'])
    # Those of VOC are the ones that occur; both splits are to have the same.
    found = {tuple(data.classes) for _, data in labels.values()}
    classes = found.pop() if len(found) == 1 else sorted(set().union(*found))
    for name, (images, data) in labels.items():
        coco = build_coco(_list_images(data, classes), classes)
        write_all(out_dir, {f'{name}.json': coco})
        yield name, Split(out_dir / f'{name}.json', images, source=named[name][0])


def _read_folder(name: str, words: Sequence[Path]) -> tuple:
    """Read images' folder and supervision's data set."""
    folder = words[0]
    if len(words) > 2 or not folder.is_dir():
        raise UserError(
            f'--{name} {" ".join(map(str, words))} is neither an annotation file and '
            'the folder of its images nor one folder: name these.'
        )
    is_voc = all((folder / part).is_dir() for part in _VOC)
    if not is_voc and _yolo_file(words) is None:
        raise UserError(
            f'--{name} {folder} holds neither {" and ".join(_VOC)} (Pascal VOC) nor a '
            'data.yaml (YOLO): for COCO name the annotation file and the image folder.'
        )
    supervision = require('supervision', 'formats')
    try:
        if is_voc:
            images = folder / _VOC[0]
            data = supervision.DetectionDataset.from_pascal_voc(
                str(images), str(folder / _VOC[1])
            )
        else:
            file = _yolo_file(words)
            images = _yolo_images(file, folder, name)
            if images is None:
                raise UserError(
                    f'{file} names no folder of images for {name} that is there: '
                    f'correct its key {_KEYS[name][0]}.'
                )
            data = supervision.DetectionDataset.from_yolo(
                str(images), str(_labels_of(images)), str(file)
            )
    # Whatever its parsers of XML and YAML raise is about the files.
    except (ValueError, OSError, SyntaxError, yaml.YAMLError) as error:
        reason = one_line(error)
        raise UserError(
            f'--{name} {folder} cannot be converted ({reason}): correct the file.'
        ) from None
    return images.resolve(), data


def _yolo_file(words: Sequence[Path]) -> Path | None:
    """Find the data.yaml of a folder, or of the folder that it is in."""
    places = (words[0], words[0].resolve().parent) if len(words) == 1 else ()
    found = (folder / 'data.yaml' for folder in places)
    return next((path for path in found if path.is_file()), None)


def _yolo_images(file: Path, folder: Path, name: str) -> Path | None:
    """Find the folder of a split's images."""
    own = folder / 'images'
    if own.is_dir() and any(path.is_file() for path in own.iterdir()):
        # A folder of one split, with images and labels in it.
        return own if name == 'train' or file.parent != folder else None
    content = yaml.safe_load(file.read_text())
    content = content if isinstance(content, dict) else {}
    for key in _KEYS[name]:
        if isinstance(value := content.get(key), str):
            # Exports name it from where their training was started.
            for root in (file.parent / str(content.get('path', '.')), file.parent):
                for part in (value, value.removeprefix('../')):
                    if (root / part).is_dir():
                        return root / part
    return None


def _labels_of(images: Path) -> Path:
    """The folder beside: its path with the last ``images`` as ``labels``."""
    parts = list(images.parts)
    last = len(parts) - 1 - parts[::-1].index('images') if 'images' in parts else -1
    parts[last] = 'labels'
    return Path(*parts)


def _list_images(data, classes: Sequence[str]) -> Iterator[tuple]:
    """List what :func:`build_coco` takes, in the order of the names."""
    for path, boxes in sorted(data.annotations.items()):
        try:
            size = image_size(Path(path), 'data set')
        except ValueError as error:
            raise UserError(str(error)) from None
        corners = boxes.xyxy.astype(float)
        sides = np.hstack([corners[:, :2], corners[:, 2:] - corners[:, :2]])
        objects = [
            dict(label=classes.index(data.classes[label]), bbox=box)
            for label, box in zip(boxes.class_id, sides.round(2).tolist(), strict=True)
        ]
        yield Path(path).name, size, objects
