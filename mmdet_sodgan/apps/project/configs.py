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
    files: Mapping[str, Files],
) -> str:
    """Write ``teacher.py``, which holds all that the three share.

    Args:
        detector (Detector): What it inherits from.
        choices (Choices): The values.
        classes (tuple[str, ...]): Names of the classes.
        files (Mapping[str, Files]): Of ``'train'`` and ``'val'``.

    Returns:
        str: The file's content.
    """
    base = repr(detector.base)
    if not detector.of_mmdet:
        base = f"{_CONFIGS} + '_base_/project/{detector.base}.py'"
    names = ['hr_size', 'anchor_scale', 'max_dets', 'size_buckets', 'batch_size']
    if not detector.of_mmdet:
        names.append('lr')
    parts = [
        '# The teacher: a plain detector on the HR images. The two others inherit from '
        'it.',
        f'_base_ = {base}',
        "work_dir = '{{ fileDirname }}/work_dirs/teacher'",
        '',
        *_schedule(choices.max_epochs, detector.of_mmdet),
        f'classes = {classes!r}',
        *(_line(name, getattr(choices, name)) for name in names),
        '',
        _comment(choices.init_cfg.reason),
        _assign('model', _model(detector, choices)),
        *_training(detector, choices),
        "resize = dict(type='Resize', scale=hr_size, keep_ratio=True)",
        _dataloader(detector, 'train', files['train']),
        _dataloader(detector, 'val', files['val']),
        'test_dataloader = val_dataloader',
        _assign('val_evaluator', _evaluator(detector, choices, files['val'])),
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


def _schedule(epochs: Choice, of_mmdet: bool = False) -> list[str]:
    kind = "    type='ResumableTrainLoop',\n" if of_mmdet else ''
    return [
        _line('max_epochs', epochs),
        f'train_cfg = dict(\n{kind}    max_epochs=max_epochs,\n'
        '    val_interval=max(1, max_epochs // 3),\n)'
        if of_mmdet
        else 'train_cfg = dict(max_epochs=max_epochs, '
        'val_interval=max(1, max_epochs // 3))',
    ]


def _model(detector: Detector, choices: Choices) -> dict:
    """What differs from the base's model."""
    model = _backbone(detector, choices)
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
        # The form keeps as few proposals as detections.
        test = dict(rpn=dict(max_per_img=_Name('2 * max_dets'))) | test
    return model | dict(
        rpn_head=dict(anchor_generator=dict(scales=_Name('[anchor_scale]'))),
        roi_head=heads,
        test_cfg=test,
    )


def _backbone(detector: Detector, choices: Choices) -> dict:
    """Backbone and neck, as far as they differ from the base's."""
    init_cfg, pretrained = choices.init_cfg.value, not choices.from_scratch
    if detector.of_mmdet:
        return _backbone_of_mmdet(detector.backbone, init_cfg)
    small = detector.base == 'small'
    options, neck = {}, {}
    if detector.backbone != BACKBONES['r18' if small else 'r50'].options:
        options = dict(detector.backbone)
        neck = dict(neck=dict(in_channels=list(detector.in_channels)))
        if options['type'] == 'ResNet':
            del options['type']
        else:
            options = dict(_delete_=True) | options
    # The small form learns all layers, the large one keeps what the weights bring.
    if '_delete_' in options or pretrained is small:
        options |= dict(norm_eval=pretrained, frozen_stages=1 if pretrained else -1)
    if pretrained and small and '_delete_' not in options:
        # Over the form's None.
        init_cfg = dict(_delete_=True) | init_cfg
    if pretrained or not small:
        options |= dict(init_cfg=init_cfg)
    return (dict(backbone=options) if options else {}) | neck


def _backbone_of_mmdet(backbone: Mapping, init_cfg: dict | None) -> dict:
    """What a backbone of MMDetection starts from, and what it learns then."""
    if init_cfg is not None:
        own = (backbone.get('init_cfg') or {}).get('checkpoint')
        if init_cfg['checkpoint'] == own:
            return {}
        return dict(backbone=dict(init_cfg=dict(_delete_=True) | init_cfg))
    options = dict(init_cfg=None)
    for key, value in dict(norm_eval=False, frozen_stages=-1).items():
        if key in backbone:
            options[key] = value
    if 'norm_cfg' in backbone:
        options['norm_cfg'] = dict(requires_grad=True)
    return dict(backbone=options)


def _training(detector: Detector, choices: Choices) -> list[str]:
    """Optimizer, and over a config of MMDetection what ours have already."""
    if not detector.of_mmdet:
        return [
            'optim_wrapper = dict(optimizer=dict(lr=lr))',
            f'auto_scale_lr = dict(base_batch_size={choices.base_batch_size})',
        ]
    return [
        '# Checkpoints that outlive a kill, a cosine that ends with the training, and\n'
        '# a learning rate that follows the batch size.',
        'custom_imports = dict(\n'
        "    imports=['mmdet_sodgan.registration'], allow_failed_imports=False\n)",
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
        'optim_wrapper = dict(clip_grad=dict(max_norm=35))',
        'auto_scale_lr = dict(enable=True, base_batch_size=16)',
    ]


def _evaluator(detector: Detector, choices: Choices, val: Files) -> dict:
    options = dict(ann_file=val.ann_file, size_buckets=_Name('size_buckets'))
    if choices.max_dets.value > 100:
        options |= dict(
            proposal_nums=_Name('(1, 100, max_dets)'), size_max_dets=_Name('max_dets')
        )
    if not detector.of_mmdet:
        return options
    metric = ['bbox', 'segm', 'bbox_size'] if detector.with_masks else None
    kind = dict(type='SizeCocoMetric', metric=metric or ['bbox', 'bbox_size'])
    return kind | options


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
