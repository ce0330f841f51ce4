import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...utils.atomic_write import write_atomically
from ...utils.errors import UserError
from . import configs
from .backbones import find_weights
from .choices import Wishes, choose, choose_form
from .detector import own_detector, read_base
from .hold_out import hold_out
from .machine import Machine, can_fetch
from .statistics import Statistics, measure


@dataclass(frozen=True)
class Split:
    """Annotations and images, as the user names them.

    Args:
        ann_file (Path): Annotation file in COCO's format.
        img_dir (Path): Folder of its images.
    """

    ann_file: Path
    img_dir: Path


def make_project(
    folder: Path,
    train: Split,
    val: Split | None = None,
    *,
    inspect: Callable[[Path, Path], Any],
    wishes: Wishes,
    backbone: str | None = None,
    base: str | None = None,
    weights: Path | None = None,
    machine: Machine | None = None,
    fetchable: Callable[[str], bool] = can_fetch,
) -> Iterator[str]:
    """Make a folder with three configs whose values fit a data set.

    Args:
        folder (Path): The project's folder, which must not exist.
        train (Split): What is trained on.
        val (Split | None): What is validated on. Defaults to None, a fifth of the
            training images.
        inspect (Callable): The data doctor; returns a report with ``refused`` and
            ``sentences``.
        wishes (Wishes): What the user has chosen.
        backbone (str | None): One of :data:`.backbones.BACKBONES`. Defaults to None,
            that of the form.
        base (str | None): Config of MMDetection in place of a form of ours.
        weights (Path | None): Weights of the backbone.
        machine (Machine | None): Where it is trained. Defaults to None, here.
        fetchable (Callable): Tells whether an address can be fetched.

    Yields:
        str: What was found, chosen and written, a line or a few at a time.

    Raises:
        UserError: The folder exists, or the data or the base cannot be used.
    """
    folder = folder.resolve()
    _check_folder(folder)
    machine = machine or Machine.here()
    contents = {}
    for name, split in (('train', train), ('val', val)):
        if split is not None:
            yield from _examine(name, split, inspect)
            contents[name] = json.loads(split.ann_file.read_text())
    files = {
        name: configs.Files(str(split.ann_file.resolve()), str(split.img_dir.resolve()))
        for name, split in (('train', train), ('val', val or train))
    }
    written = {}
    if val is None:
        contents['train'], contents['val'], sentence = hold_out(contents['train'])
        yield sentence
        for name, content in contents.items():
            written[f'annotations/{name}.json'] = f'{json.dumps(content)}\n'
            files[name] = configs.Files(
                f'{{{{ fileDirname }}}}/annotations/{name}.json', files[name].img_dir
            )
    found = {name: measure(content) for name, content in contents.items()}
    for name, statistics in found.items():
        yield f'{name + ":":7}{statistics.to_text()}.'
    _check_splits(found, train, val)

    form = choose_form(found['train'], machine)
    detector = own_detector(form.value) if base is None else read_base(base)
    if detector.with_masks and not all(s.has_masks for s in found.values()):
        raise UserError(
            f'--base {base} learns masks, and the annotations have objects without '
            'segmentation: take a base without masks.'
        )
    if base is not None:
        init_cfg = None
    else:
        backbone = backbone or ('r18' if form.value == 'small' else 'r50')
        init_cfg = find_weights(backbone, weights, fetchable)
        yield f'Form {form.value}: {form.reason}'
        yield f'Backbone {backbone}: {init_cfg.reason}'
    choices = choose(
        found['train'],
        found['val'],
        form='large' if base is not None else form.value,
        from_scratch=init_cfg is not None and init_cfg.value is None,
        machine=machine,
        finest_stride=detector.finest_stride,
        wishes=wishes,
    )
    for name in ('hr_size', 'scale_factor', 'anchor_scale', 'max_dets', 'size_buckets'):
        choice = getattr(choices, name)
        yield f'{name} = {choice.value}: {choice.reason}'
    for name in ('max_epochs', 'student_epochs', 'batch_size', 'lr'):
        choice = getattr(choices, name)
        yield f'{name} = {choice.value}: {choice.reason}'
    written |= {
        'teacher.py': configs.write_teacher(
            detector,
            choices,
            classes=found['train'].classes,
            train=files['train'],
            val=files['val'],
            backbone=backbone,
            init_cfg=init_cfg,
        ),
        'baseline.py': configs.write_baseline(choices),
        'sodgan.py': configs.write_sodgan(detector, choices),
    }
    for name, text in written.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, text.encode())


def _check_folder(folder: Path) -> None:
    if folder.exists():
        raise UserError(f'{folder} exists: name a new folder, or remove it first.')
    # MMEngine pastes the path into the text of the configs.
    if bad := sorted(set(str(folder)) & set('\'"{}\\\n')):
        raise UserError(
            f'{folder} has the character {bad[0]!r} in its path, which configs cannot '
            'have: name another folder.'
        )


def _examine(name: str, split: Split, inspect: Callable) -> Iterator[str]:
    """Tell what the doctor says, and stop at what it refuses."""
    report = inspect(split.ann_file, split.img_dir)
    for kind, sentences in report.sentences.items():
        yield f'{name}: {kind} ({len(sentences)}), e.g. {sentences[0]}'
    if report.refused:
        raise UserError(
            f'{split.ann_file} is refused, and no project is made: `sodgan doctor '
            f'--data {split.ann_file} --img-dir {split.img_dir}` lists all problems.'
        )


def _check_splits(
    found: dict[str, Statistics], train: Split, val: Split | None
) -> None:
    for name, statistics in found.items():
        if not statistics.num_objects:
            raise UserError(
                f'{(val or train).ann_file if name == "val" else train.ann_file} '
                f'leaves no object for {name}: choose another annotation file.'
            )
    if found['train'].classes != found['val'].classes:
        raise UserError(
            f'{val.ann_file} has other categories than {train.ann_file}, or another '
            'order: write both with the same categories.'
        )
