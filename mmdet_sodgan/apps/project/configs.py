"""The text of a project's three configs."""

from collections.abc import Mapping
from dataclasses import dataclass
from textwrap import indent, wrap

from .backbones import BACKBONES
from .choices import Choice, Choices
from .detector import Detector

_CONFIGS = "__import__('mmdet_sodgan').CONFIGS"


@dataclass(frozen=True)
class Files:
    """Where a split lies.

    Args:
        ann_file (str): The annotation file, as a config names it.
        img_dir (str): Folder of its images, absolute.
    """

    ann_file: str
    img_dir: str


def write_teacher(
    detector: Detector,
    choices: Choices,
    *,
    classes: tuple[str, ...],
    train: Files,
    val: Files,
    backbone: str | None,
    init_cfg: Choice | None,
) -> str:
    """Write ``teacher.py``, which holds all that the three share.

    Args:
        detector (Detector): What it inherits from.
        choices (Choices): The values.
        classes (tuple[str, ...]): Names of the classes.
        train (Files): The training images.
        val (Files): The validation images.
        backbone (str | None): Name of the backbone; None for that of the base.
        init_cfg (Choice | None): What the backbone starts from; None for what the
            base says.

    Returns:
        str: The file's content.
    """
    base = repr(detector.base)
    if not detector.of_mmdet:
        base = f"{_CONFIGS} + '_base_/project/{detector.base}.py'"
    values = [
        _line('hr_size', choices.hr_size),
        _line('anchor_scale', choices.anchor_scale),
        _line('max_dets', choices.max_dets),
        _line('size_buckets', choices.size_buckets),
        _line('batch_size', choices.batch_size),
    ]
    if not detector.of_mmdet:
        values.append(_line('lr', choices.lr))
    evaluator = dict(ann_file=val.ann_file, size_buckets=_Name('size_buckets'))
    if choices.max_dets.value > 100:
        evaluator |= dict(
            proposal_nums=_Name('(1, 100, max_dets)'), size_max_dets=_Name('max_dets')
        )
    if detector.of_mmdet:
        metrics = ['bbox', 'segm', 'bbox_size'] if detector.with_masks else None
        evaluator = (
            dict(type='SizeCocoMetric', metric=metrics or ['bbox', 'bbox_size'])
            | evaluator
        )
    parts = [
        '# The teacher: a plain detector, trained on the HR images. The two others\n'
        '# inherit from this file.',
        f'_base_ = {base}',
        "work_dir = '{{ fileDirname }}/work_dirs/teacher'",
        '# It has none itself. With this key `sodgan train` goes on with a training\n'
        '# that was interrupted, and leaves one that is finished.',
        'teacher = None',
        '',
        *_schedule(choices.max_epochs),
        f'classes = {classes!r}',
        *values,
        '',
        _assign('model', _model(detector, choices, backbone, init_cfg)),
        *_optimisation(detector, choices),
        "resize = dict(type='Resize', scale=hr_size, keep_ratio=True)",
        _dataloader(detector, 'train', train),
        _dataloader(detector, 'val', val),
        'test_dataloader = val_dataloader',
        _assign('val_evaluator', evaluator),
        'test_evaluator = val_evaluator',
    ]
    return '\n'.join(parts) + '\n'


def write_baseline(choices: Choices) -> str:
    """Write ``baseline.py``.

    Args:
        choices (Choices): The values.

    Returns:
        str: The file's content.
    """
    r = choices.scale_factor
    parts = [
        '# The plain detector on the LR images, what SODGAN is to be compared with.',
        "_base_ = 'teacher.py'",
        "work_dir = '{{ fileDirname }}/work_dirs/baseline'",
        '# The start; `sodgan train` makes it where it is missing.',
        "teacher = 'teacher.py'",
        "load_from = f'{{ fileDirname }}/work_dirs/teacher/epoch_"
        "{_base_.max_epochs}.pth'",
        '',
        *_schedule(choices.student_epochs),
        _comment(r.reason),
        'model = dict(\n'
        '    data_preprocessor=dict(\n'
        f"        type='PairedResolutionPreprocessor', scale_factor={r.value}, "
        'with_hr=False\n'
        '    )\n'
        ')',
    ]
    return '\n'.join(parts) + '\n'


def write_sodgan(detector: Detector, choices: Choices) -> str:
    """Write ``sodgan.py``.

    Args:
        detector (Detector): The plain detector.
        choices (Choices): The values.

    Returns:
        str: The file's content.
    """
    suffix = '_r4' if choices.scale_factor.value == 4 else ''
    schedule = 'alternating_short' if choices.short else 'alternating'
    return f"""\
# SODGAN on the LR images; data, start and schedule are those of baseline.py.
_base_ = [
    'baseline.py',
    {_CONFIGS} + '_base_/models/{detector.fragment}{suffix}.py',
    {_CONFIGS} + '_base_/schedules/{schedule}.py',
]
work_dir = '{{{{ fileDirname }}}}/work_dirs/sodgan'
model = {{{{_base_.sodgan}}}}
optim_wrapper = {{{{_base_.alternating_optim_wrapper}}}}
custom_hooks = {{{{_base_.alternating_hooks}}}}
"""


class _Name(str):
    """A name or an expression of the config, where a plain string is a value."""


def _schedule(epochs: Choice) -> list[str]:
    return [
        _line('max_epochs', epochs),
        'train_cfg = dict(max_epochs=max_epochs, val_interval=max(1, max_epochs // 3))',
    ]


def _model(
    detector: Detector,
    choices: Choices,
    backbone: str | None,
    init_cfg: Choice | None,
) -> dict:
    """What differs from the base's model."""
    model = {}
    if backbone is not None:
        model |= _backbone(detector, backbone, init_cfg)
    number = _Name('len(classes)')
    if detector.kind == 'RetinaNet':
        return model | dict(
            bbox_head=dict(
                num_classes=number,
                anchor_generator=dict(octave_base_scale=_Name('anchor_scale')),
            ),
            test_cfg=dict(max_per_img=_Name('max_dets')),
        )
    heads = dict(bbox_head=dict(num_classes=number))
    if detector.kind == 'CascadeRCNN':
        heads = dict(
            bbox_head=_Name(
                '[\n            dict(head, num_classes=len(classes))\n'
                '            for head in _base_.model.roi_head.bbox_head\n        ]'
            )
        )
    if detector.with_masks:
        heads |= dict(mask_head=dict(num_classes=number))
    test = dict(rcnn=dict(max_per_img=_Name('max_dets')))
    if choices.max_dets.value > 100 and detector.base == 'small':
        test = dict(rpn=dict(max_per_img=_Name('2 * max_dets'))) | test
    return model | dict(
        rpn_head=dict(anchor_generator=dict(scales=_Name('[anchor_scale]'))),
        roi_head=heads,
        test_cfg=test,
    )


def _backbone(detector: Detector, name: str, init_cfg: Choice | None) -> dict:
    """A backbone over the one of the form."""
    backbone = BACKBONES[name]
    own = 'r18' if detector.base == 'small' else 'r50'
    options = {}
    if name != own:
        options = dict(backbone.options)
        if backbone.replaces:
            options = dict(_delete_=True) | options
        else:
            del options['type']
    pretrained = init_cfg.value is not None
    # What the form has already: small learns all statistics, large none.
    if backbone.replaces or pretrained is (detector.base == 'small'):
        options |= dict(
            norm_cfg=dict(type='BN', requires_grad=True),
            norm_eval=pretrained,
            frozen_stages=1 if pretrained else -1,
        )
        if not backbone.replaces:
            del options['norm_cfg']
    if pretrained or (detector.base == 'large' and not backbone.replaces):
        options |= dict(init_cfg=init_cfg.value)
    model = dict(backbone=options) if options else {}
    if name != own:
        model |= dict(neck=dict(in_channels=list(backbone.in_channels)))
    return model


def _optimisation(detector: Detector, choices: Choices) -> list[str]:
    if not detector.of_mmdet:
        return [
            'optim_wrapper = dict(optimizer=dict(lr=lr))',
            f'auto_scale_lr = dict(base_batch_size={choices.base_batch_size})',
        ]
    return [
        '# What MMDetection has otherwise: checkpoints that outlive a kill, a cosine\n'
        '# that ends with the training, a learning rate that follows the batch size.',
        _assign(
            'custom_imports',
            dict(
                imports=['mmdet_sodgan.registration'],
                allow_failed_imports=False,
            ),
        ),
        "train_cfg.update(type='ResumableTrainLoop')",
        _assign(
            'default_hooks',
            dict(
                checkpoint=dict(type='AtomicCheckpointHook', max_keep_ckpts=2),
                preemption=dict(type='PreemptionHook'),
            ),
        ),
        "custom_hooks = [dict(type='ReseedHook')]",
        'param_scheduler = [\n'
        "    dict(type='LinearLR', start_factor=0.001, by_epoch=False, begin=0, "
        'end=500),\n'
        "    dict(type='CosineAnnealingLR', eta_min_ratio=0.01, "
        'convert_to_iter_based=True),\n'
        ']',
        'auto_scale_lr = dict(enable=True)',
    ]


def _dataloader(detector: Detector, split: str, files: Files) -> str:
    pipeline = 'train_pipeline' if split == 'train' else 'test_pipeline'
    dataset = dict(
        metainfo=dict(classes=_Name('classes')),
        ann_file=files.ann_file,
        data_prefix=dict(img=files.img_dir),
        pipeline=_Name(
            "[\n            resize if step['type'] == 'Resize' else step\n"
            f'            for step in _base_.{pipeline}\n        ]'
        ),
    )
    loader = dict(dataset=dataset)
    if detector.of_mmdet:
        kind = dict(type='SmallObjectCocoDataset')
        if split == 'train':
            # Images without objects are background.
            kind |= dict(filter_cfg=None)
        loader = dict(persistent_workers=False, dataset=kind | dataset)
    if split == 'train':
        loader = dict(batch_size=_Name('batch_size')) | loader
    return _assign(f'{split}_dataloader', loader)


def _line(name: str, choice: Choice) -> str:
    return f'{_comment(choice.reason)}\n{name} = {choice.value!r}'


def _comment(text: str) -> str:
    return indent('\n'.join(wrap(text, 86)), '# ')


def _assign(name: str, value: Mapping) -> str:
    """An assignment as ruff formats it."""
    return f'{name} = {_show(value, 0, len(name) + 3)}'


def _show(value: object, level: int, used: int) -> str:
    """A value in the quotes and line breaks of the project's own configs."""
    if isinstance(value, _Name):
        return str(value)
    if not isinstance(value, dict):
        return repr(value)
    pad = ' ' * (4 * (level + 1))
    items = [
        f'{key}={_show(item, level + 1, len(pad) + len(key) + 1)}'
        for key, item in value.items()
    ]
    line = f'dict({", ".join(items)})'
    if '\n' not in line and used + len(line) < 88:
        return line
    return 'dict(\n' + ''.join(f'{pad}{item},\n' for item in items) + f'{pad[4:]})'
