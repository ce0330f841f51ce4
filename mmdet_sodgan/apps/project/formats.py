"""Annotations in the formats that are taken, as COCO JSON."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import yaml

from ...datasets.converters.coco_json import build_coco, image_size, write_all
from ...utils.errors import UserError, one_line
from ...utils.extras import require
from .yolo import find_file, find_images, labels_of

_VOC = ('JPEGImages', 'Annotations')
_LISTS = Path('ImageSets/Main')


@dataclass(frozen=True)
class Split:
    """A split in COCO's format.

    Args:
        ann_file (Path): The annotation file.
        img_dir (Path): Folder of its images.
        source (Path): What the user named.
        remarks (tuple[str, ...]): What was not read of it, a sentence each.
    """

    ann_file: Path
    img_dir: Path
    source: Path
    remarks: tuple[str, ...] = ()

    @property
    def converted(self) -> bool:
        """bool: Whether the annotation file was made here."""
        return self.ann_file != self.source


def read_splits(
    named: dict[str, Sequence[Path]], out_dir: Path
) -> Iterator[tuple[str, Split]]:
    """Find the annotations of each split, and convert those that are not COCO's.

    A folder with ``JPEGImages`` and ``Annotations`` is taken for Pascal VOC, with the
    lists ``train.txt`` and ``val.txt`` in ``ImageSets/Main`` that it has. One with
    a ``data.yaml`` (or beside one), or such a file, is taken for YOLO. Where ``val`` is
    not named, it is the one that is listed there. Objects that VOC marks as difficult
    are objects like others.

    Args:
        named (dict[str, Sequence[Path]]): What the user names for ``'train'`` and
            perhaps ``'val'``: an annotation file and the folder of its images, or
            one folder, or a file of YOLO.
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
    if 'train' in labels and 'val' not in named and _has_val(named['train']):
        named['val'] = named['train']
        labels['val'] = _read_folder('val', named['val'])
    # Those of VOC are the ones that occur; both splits are to have the same.
    found = {tuple(data.classes) for _, data, _ in labels.values()}
    classes = found.pop() if len(found) == 1 else sorted(set().union(*found))
    for name, (images, data, remarks) in labels.items():
        coco = build_coco(_list_images(data, classes), classes)
        write_all(out_dir, {f'{name}.json': coco})
        yield name, Split(out_dir / f'{name}.json', images, named[name][0], remarks)


def _is_voc(folder: Path) -> bool:
    return all((folder / part).is_dir() for part in _VOC)


def _has_val(words: Sequence[Path]) -> bool:
    """Tell whether what is named for training holds a validation as well."""
    if _is_voc(words[0]):
        return (words[0] / _LISTS / 'val.txt').is_file()
    return find_images(find_file(words), words[0], 'val') is not None


def _read_folder(name: str, words: Sequence[Path]) -> tuple:
    """Read images' folder, supervision's data set, and what is not in it."""
    folder, file = words[0], find_file(words)
    for word in words:
        if not word.exists():
            raise UserError(f'--{name} {word} does not exist: correct the path.')
    if len(words) > 2 or not (folder.is_dir() or folder == file):
        raise UserError(
            f'--{name} {" ".join(map(str, words))} is neither an annotation file and '
            'the folder of its images nor one folder nor a data.yaml: name these.'
        )
    is_voc = _is_voc(folder)
    if not is_voc and file is None:
        raise UserError(
            f'--{name} {folder} holds neither {" and ".join(_VOC)} (Pascal VOC) nor a '
            'data.yaml (YOLO): for COCO name the annotation file and the image folder.'
        )
    supervision = require('supervision', 'formats')
    try:
        if is_voc:
            images, labels = (folder / part for part in _VOC)
            data = supervision.DetectionDataset.from_pascal_voc(
                str(images), str(labels)
            )
        else:
            images = find_images(file, folder, name)
            if images is None:
                raise UserError(
                    f'{file} has no key {name}: give it the folder of images.'
                )
            labels = labels_of(images)
            data = supervision.DetectionDataset.from_yolo(
                str(images), str(labels), str(file)
            )
    # Whatever its parsers of XML and YAML raise is about the files.
    except (ValueError, OSError, SyntaxError, yaml.YAMLError) as error:
        reason = one_line(error)
        raise UserError(
            f'--{name} {folder} cannot be converted ({reason}): correct the file.'
        ) from None
    remarks = [*_find_unread(images, labels, '.xml' if is_voc else '.txt', data)]
    if is_voc and (listed := folder / _LISTS / f'{name}.txt').is_file():
        remarks.append(_keep_listed(data, listed))
    empty = sorted(path for path, boxes in data.annotations.items() if not len(boxes))
    if empty:
        remarks.append(
            f'{len(empty)} of {len(data.annotations)} images have no objects, the '
            f'first is {Path(empty[0]).name}'
        )
    return images.resolve(), data, tuple(remarks)


def _keep_listed(data, file: Path) -> str:
    """Keep the images that a list of VOC names, and tell how many these are."""
    names = {line.strip() for line in file.read_text().splitlines() if line.strip()}
    number = len(data.annotations)
    data.annotations = {
        path: boxes
        for path, boxes in data.annotations.items()
        if not names.isdisjoint((Path(path).stem, Path(path).name))
    }
    found = {n for path in data.annotations for n in (Path(path).stem, Path(path).name)}
    if missing := sorted(names - found):
        raise UserError(
            f'{file} names {len(missing)} images that are not in {_VOC[0]}, the first '
            f'is {missing[0]}: correct or remove the list.'
        )
    return f'{len(data.annotations)} of {number} images are taken, those of {file}'


def _find_unread(images: Path, labels: Path, suffix: str, data) -> Iterator[str]:
    """Compare the files with what was read of them."""
    read = {Path(path).relative_to(images) for path in data.annotations}
    if left := sorted(_list_files(images) - read):
        yield (
            f'{len(left)} files of {images} are not read, the first is {left[0]}: only '
            'BMP, JPEG, PNG, TIFF and WebP right in this folder are'
        )
    named = {path.with_suffix(suffix) for path in read}
    # A list that tools for labels write beside them.
    found = _list_files(labels, suffix) - {Path('classes.txt')}
    if left := sorted(found - named):
        yield (
            f'{len(left)} files of {labels} have no image, the first is {left[0]}: '
            'their objects are not read'
        )
    if left := sorted(named - found):
        yield (
            f'{len(left)} of {len(read)} images have no file in {labels} and are taken '
            f'for background, the first misses {left[0]}'
        )


def _list_files(folder: Path, suffix: str = '') -> set[Path]:
    """List files at any depth, but hidden ones."""
    return {
        path.relative_to(folder)
        for path in folder.rglob(f'*{suffix}')
        if path.is_file() and not path.name.startswith('.')
    }


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
