"""Annotations in the formats that are taken, as COCO JSON."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from ...datasets.converters.coco_json import image_size
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


@dataclass(frozen=True)
class _Labels:
    """Boxes of a folder that is not in COCO's format."""

    img_dir: Path
    classes: list[str]
    detections: dict  # path of each image to supervision's Detections


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
    # Those of VOC are the ones that occur; both splits have the same.
    classes = sorted({name for each in labels.values() for name in each.classes})
    for name, each in labels.items():
        same = all(other.classes == each.classes for other in labels.values())
        coco = _to_coco(each, each.classes if same else classes)
        out_dir.mkdir(parents=True, exist_ok=True)
        path = out_dir / f'{name}.json'
        path.write_text(f'{json.dumps(coco)}\n')
        yield name, Split(path, each.img_dir, source=named[name][0])


def _read_folder(name: str, words: Sequence[Path]) -> _Labels:
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
    return _Labels(images.resolve(), list(data.classes), data.annotations)


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


def _to_coco(labels: _Labels, classes: list[str]) -> dict:
    """Convert to a COCO dict; ids count from 1 in the order of the names."""
    images, annotations = [], []
    for number, path in enumerate(sorted(labels.detections), start=1):
        try:
            width, height = image_size(Path(path), 'data set')
        except ValueError as error:
            raise UserError(str(error)) from None
        name = Path(path).name
        images.append(dict(id=number, file_name=name, width=width, height=height))
        boxes = labels.detections[path]
        for (x1, y1, x2, y2), label in zip(boxes.xyxy, boxes.class_id, strict=True):
            x, y, w, h = (round(float(v), 2) for v in (x1, y1, x2 - x1, y2 - y1))
            annotations.append(
                dict(
                    id=len(annotations) + 1,
                    image_id=number,
                    category_id=classes.index(labels.classes[label]) + 1,
                    bbox=[x, y, w, h],
                    area=w * h,
                    iscrowd=0,
                )
            )
    categories = [dict(id=i, name=name) for i, name in enumerate(classes, start=1)]
    return dict(images=images, annotations=annotations, categories=categories)
