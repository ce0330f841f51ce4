"""The text of a project's three configs."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from pprint import pformat
from textwrap import indent, wrap

from .choices import Choice, Choices
from .detector import Detector
from .formats import Split
from .templates import BASELINE, CONFIGS, OWN_BASE, SODGAN, TEACHER, TRAINING

_WIDTH = 88


def write_configs(
    detector: Detector,
    choices: Choices,
    classes: tuple[str, ...],
    splits: Mapping[str, Split],
    folder: Path,
) -> Iterator[tuple[str, str]]:
    """Write ``teacher.py``, which holds all that the three share, and the students.

    Args:
        detector (Detector): What the teacher inherits from.
        choices (Choices): The values.
        classes (tuple[str, ...]): Names of the classes.
        splits (Mapping[str, Split]): Of ``'train'`` and ``'val'``.
        folder (Path): The project's folder.

    Yields:
        tuple[str, str]: Name and content of each file.
    """
    base = OWN_BASE.format(form=detector.base)
    names = ['hr_size', 'anchor_scale', 'max_dets', 'size_buckets', 'batch_size', 'lr']
    training = (
        'optim_wrapper = dict(optimizer=dict(lr=lr))\n'
        f'auto_scale_lr = dict(base_batch_size={choices.base_batch_size})'
    )
    if detector.of_mmdet:
        base, training = f'_base_ = {detector.base!r}', TRAINING
        names.remove('lr')
    limits = (
        '    proposal_nums=(1, 100, max_dets),\n    size_max_dets=max_dets,\n'
        if choices.max_dets.value > 100
        else ''
    )
    train, val = splits['train'], splits['val']
    yield (
        'teacher.py',
        TEACHER.format(
            base=base,
            max_epochs=_explain('max_epochs', choices.max_epochs),
            classes=pformat(classes, width=_WIDTH - 10, compact=True),
            values='\n'.join(_explain(n, getattr(choices, n)) for n in names),
            weights=_comment(choices.init_cfg.reason),
            backbone=_backbone(detector.backbone.options, choices.init_cfg.value),
            in_channels=list(detector.backbone.in_channels),
            heads=_heads(detector, choices.max_dets.value),
            training=training,
            train_file=_place(train.ann_file, folder),
            train_images=str(train.img_dir.resolve()),
            val_file=_place(val.ann_file, folder),
            val_images=str(val.img_dir.resolve()),
            metric=['bbox', *['segm'] * detector.with_masks, 'bbox_size'],
            limits=limits,
        ),
    )
    head = 'bbox_head' if detector.kind == 'RetinaNet' else 'rpn_head'
    yield (
        'baseline.py',
        BASELINE.format(
            reason_epochs=_comment(choices.student_epochs.reason),
            scale_factor=_explain('scale_factor', choices.scale_factor),
            head=head,
            anchors=_anchors(detector, '_base_.anchor_scale / scale_factor'),
        ),
    )
    # One for both forms: they differ in the discriminator, which no term needs.
    r4 = choices.scale_factor.value == 4
    yield (
        'sodgan.py',
        SODGAN.format(
            configs=CONFIGS,
            fragment='sodgan_fpn_taught_r4' if r4 else detector.fragment,
            schedule='alternating_short' if choices.short else 'alternating',
            head=head,
            anchors=_anchors(detector, '_base_.anchor_scale'),
        ),
    )


def _comment(text: str) -> str:
    return indent('\n'.join(wrap(text, _WIDTH - 2)), '# ')


def _explain(name: str, choice: Choice) -> str:
    """Assign a chosen value, below its reason."""
    return f'{_comment(choice.reason)}\n{name} = {choice.value!r}'


def _place(ann_file: Path, folder: Path) -> str:
    """Name a file as a config does: from the project's folder where it lies in it."""
    path = ann_file.resolve()
    if path.is_relative_to(folder):
        return f'{{{{ fileDirname }}}}/{path.relative_to(folder)}'
    return str(path)


def _backbone(options: Mapping, init_cfg: dict | None) -> str:
    """Write a backbone's options, which learns all its layers from random weights."""
    options = dict(options, init_cfg=init_cfg)
    if init_cfg is None:
        learning = dict(norm_eval=False, frozen_stages=-1)
        options |= {key: learning[key] for key in learning.keys() & options.keys()}
        if 'norm_cfg' in options:
            options['norm_cfg'] = dict(options['norm_cfg'], requires_grad=True)
    return ''.join(f'        {key}={value!r},\n' for key, value in options.items())


def _anchors(detector: Detector, scale: str) -> str:
    """Write the option of an anchor generator that sets their size."""
    if detector.kind == 'RetinaNet':
        return f'octave_base_scale={scale}'
    return f'scales=[{scale}]'


def _heads(detector: Detector, max_dets: int) -> str:
    """Write the heads' options, each on a line."""
    number = 'num_classes=len(classes)'
    anchors = f'anchor_generator=dict({_anchors(detector, "anchor_scale")})'
    if detector.kind == 'RetinaNet':
        return (
            f'    bbox_head=dict(\n        {number},\n        {anchors},\n    ),\n'
            '    test_cfg=dict(max_per_img=max_dets),\n'
        )
    head = f'bbox_head=dict({number})'
    if detector.kind == 'CascadeRCNN':
        heads = 'for head in _base_.model.roi_head.bbox_head'
        head = (
            f'\n        bbox_head=[\n            dict(head, {number})\n'
            f'            {heads}\n        ],\n    '
        )
    if detector.with_masks:
        head = f'\n        {head},\n        mask_head=dict({number}),\n    '
    # The small form keeps as few proposals as detections.
    few = detector.base == 'small' and max_dets > 100
    return (
        f'    rpn_head=dict({anchors}),\n'
        f'    roi_head=dict({head}),\n'
        '    test_cfg=dict(\n'
        + '        rpn=dict(max_per_img=2 * max_dets),\n' * few
        + '        rcnn=dict(max_per_img=max_dets),\n    ),\n'
    )
