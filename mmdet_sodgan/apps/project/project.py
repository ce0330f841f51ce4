import json
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from ...apis.checks.images import (
    describe_repeated,
    find_repeated,
    resolve_images,
)
from ...datasets.annotation_checks import find_parents
from ...datasets.converters.coco_json import write_all
from ...utils.atomic_write import write_atomically
from ...utils.errors import UserError
from .backbones import find_weights
from .choices import Choice
from .choose import choose, choose_form
from .configs import write_configs
from .detector import own_detector, read_base
from .formats import Split, read_splits
from .hold_out import hold_out
from .statistics import Statistics, measure


def make_project(
    folder: Path,
    named: Mapping[str, Sequence[Path]],
    *,
    inspect: Callable[[Path, Path], Any],
    backbone: str | None = None,
    base: str | None = None,
    weights: Path | None = None,
    scale_factor: int = 2,
    **wishes,
) -> Iterator[str]:
    """Make a folder with three configs whose values fit a data set.

    Nothing is left of the folder where the data or the options are refused.

    Args:
        folder (Path): The project's folder, which must not exist.
        named (Mapping[str, Sequence[Path]]): Of ``'train'`` and perhaps ``'val'``
            the annotation file and the folder of its images, or one folder in
            another format, see :func:`.formats.read_splits`. Without ``'val'`` a
            fifth of the training images is held out.
        inspect (Callable): The data doctor. It takes the two paths and returns a
            report with ``refused`` and ``sentences``.
        backbone (str | None): One of :data:`.backbones.BACKBONES`. Defaults to None,
            that of the form.
        base (str | None): Config of MMDetection in place of a form of ours.
        weights (Path | None): Weights of the backbone.
        scale_factor (int): ``r``, 2 or 4. Defaults to 2.
        **wishes: ``hr_size`` and ``epochs`` of :func:`.choose.choose`.

    Yields:
        str: What was found and chosen, a line at a time.

    Raises:
        UserError: The folder exists, or the data, the base or the weights cannot be
            used; one sentence.
    """
    folder = folder.resolve()
    _check_path(folder)
    detector = None if base is None else read_base(base, scale_factor)
    try:
        folder.mkdir(parents=True)
    except OSError as error:
        raise UserError(
            f'{folder} cannot be made ({error.strerror}): name another folder.'
        ) from None
    num_gpus = torch.cuda.device_count()
    try:
        contents, splits = yield from _read_data(folder, named, inspect)
        # Of one that has boxes in either file there may be some to detect.
        parents = find_parents(
            contents['train']['categories'],
            (box for each in contents.values() for box in each.get('annotations', ())),
        )
        if parents:
            yield f'no class, as it only groups others: {", ".join(parents)}'
        found = {name: measure(each, parents) for name, each in contents.items()}
        for name, statistics in found.items():
            yield f'{name}: {statistics.to_text()}'
            if statistics.absent:
                yield f'  no object of {", ".join(statistics.absent)}'
        _check_statistics(found, detector is not None and detector.with_masks, base)
        form = Choice('base', f'As asked for: {base}.')
        if detector is None:
            form = choose_form(found['train'], num_gpus)
            detector = own_detector(form.value, backbone)
        choices = choose(
            found['train'],
            found['val'],
            form=form,
            init_cfg=find_weights(detector.backbone, weights),
            num_gpus=num_gpus,
            finest_stride=detector.finest_stride,
            scale_factor=scale_factor,
            **wishes,
        )
        yield from choices.lines()
        classes = found['train'].classes
        for name, text in write_configs(detector, choices, classes, splits, folder):
            write_atomically(folder / name, text.encode())
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def _check_path(folder: Path) -> None:
    if folder.exists():
        raise UserError(f'{folder} exists: name a new folder, or remove it first.')
    # MMEngine pastes the path into the text of the configs.
    if bad := sorted(set(str(folder)) & set('\'"{}\\\n')):
        raise UserError(
            f'{folder} has the character {bad[0]!r} in its path, which configs cannot '
            'have: name another folder.'
        )


def _read_data(folder: Path, named: Mapping, inspect: Callable):
    """Convert, inspect and divide; returns contents and places by split."""
    annotations = folder / 'annotations'
    splits = {}
    for name, split in read_splits(named, annotations):
        for path in (split.ann_file, split.img_dir.resolve()):
            if '{{' in str(path):
                raise UserError(
                    f'{path} has {{{{ in its path, which stands for a variable in '
                    'configs: rename it.'
                )
        if split.converted:
            yield f'{name}: {split.source} is converted to COCO JSON'
            yield from (f'  {remark}' for remark in split.remarks)
        yield from _examine(name, split, inspect)
        splits[name] = split
    contents = {n: json.loads(s.ann_file.read_text()) for n, s in splits.items()}
    if 'val' not in contents:
        contents['train'], contents['val'], sentence = hold_out(contents['train'])
        yield f'val: {sentence}'
        write_all(annotations, {f'{name}.json': contents[name] for name in contents})
        splits = {
            name: replace(splits['train'], ann_file=annotations / f'{name}.json')
            for name in contents
        }
    _check_images(splits, contents)
    return contents, splits


def _examine(name: str, split: Split, inspect: Callable) -> Iterator[str]:
    """Tell what the doctor says, and stop at what it refuses."""
    yield f'{name}: looking at {split.ann_file} and the images in {split.img_dir}'
    report = inspect(split.ann_file, split.img_dir)
    for kind, sentences in report.sentences.items():
        more = f' (and {len(sentences) - 1} more)' if len(sentences) > 1 else ''
        yield f'  {kind}: {sentences[0]}{more}'
    if report.refused:
        raise UserError(
            f'The data set of {split.source} is refused in training, for the reasons '
            'above, so no project is made; `sodgan doctor --data ANN.json --img-dir '
            'DIR` lists all problems of a COCO file.'
        )


def _check_images(splits: Mapping[str, Split], contents: Mapping[str, dict]) -> None:
    """Refuse images that are trained and measured on, or measured twice."""
    train, val = (
        resolve_images(splits[name].img_dir, contents[name]['images'])
        for name in ('train', 'val')
    )
    if repeated := find_repeated(val):
        raise UserError(describe_repeated(repeated, str(splits['val'].source)))
    if shared := sorted({*train} & {*val}):
        raise UserError(
            f'{len(shared)} of the {len(val)} images of val are images of train, too, '
            f'the first is {shared[0]}: a score on them tells nothing about new '
            'images, so name others, or leave --val out to have a fifth held out.'
        )


def _check_statistics(
    found: dict[str, Statistics], with_masks: bool, base: str | None
) -> None:
    train, val = found['train'], found['val']
    if train.classes != val.classes:
        raise UserError(
            f'The categories of val, {list(val.classes)}, are not those of train, '
            f'{list(train.classes)}, in the same order: write both files with the same '
            'categories.'
        )
    if bad := [name for name in train.classes if '{{' in name]:
        raise UserError(
            f'The category {bad[0]!r} has {{{{ in its name, which stands for a '
            'variable in configs: rename it in all annotation files.'
        )
    for name, statistics in found.items():
        if not statistics.num_objects:
            raise UserError(
                f'There is no object to {name.replace("val", "validate")} on: choose '
                'another annotation file.'
            )
        if with_masks and not statistics.has_masks:
            raise UserError(
                f'--base {base} learns masks, and objects of {name} have no '
                'segmentation: take a base without masks.'
            )
