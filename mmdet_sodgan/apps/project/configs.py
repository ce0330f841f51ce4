"""The text of a project's three configs."""

from collections.abc import Mapping
from dataclasses import dataclass

from .choices import Choice, Choices
from .config_text import Name, assign, comment, explained
from .detector import Detector
from .model_options import model_options

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
        *_where(detector),
        f'_base_ = {base}',
        "work_dir = '{{ fileDirname }}/work_dirs/teacher'",
        '# It has none itself. With this key `sodgan train` goes on with a training\n'
        '# that was interrupted, and leaves one that is finished.',
        'teacher = None',
        '',
        *_schedule(choices.max_epochs, detector.of_mmdet),
        assign('classes', classes),
        *(explained(name, getattr(choices, name)) for name in names),
        '',
        comment(choices.init_cfg.reason),
        assign('model', model_options(detector, choices)),
        *_training(detector, choices),
        "resize = dict(type='Resize', scale=hr_size, keep_ratio=True)",
        _dataloader(detector, 'train', files['train']),
        _dataloader(detector, 'val', files['val']),
        'test_dataloader = val_dataloader',
        assign('val_evaluator', _evaluator(detector, choices, files['val'])),
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
        comment(r.reason),
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
    fragment = detector.fragment
    if choices.scale_factor.value == 4:
        # One for both forms: they differ in the discriminator, which no term needs.
        fragment = 'sodgan_fpn_taught_r4'
    schedule = 'alternating_short' if choices.short else 'alternating'
    return f"""\
# SODGAN on the LR images; data, start and schedule are those of baseline.py.
_base_ = [
    'baseline.py',
    {_CONFIGS} + '_base_/models/{fragment}.py',
    {_CONFIGS} + '_base_/schedules/{schedule}.py',
]
work_dir = '{{{{ fileDirname }}}}/work_dirs/sodgan'
model = {{{{_base_.sodgan}}}}
optim_wrapper = {{{{_base_.alternating_optim_wrapper}}}}
custom_hooks = {{{{_base_.alternating_hooks}}}}
"""


def _where(detector: Detector) -> list[str]:
    """Explain where the base is."""
    if detector.of_mmdet:
        return []
    return [
        '# CONFIGS is the folder of configs of mmdet_sodgan, wherever it is installed.'
    ]


def _schedule(epochs: Choice, of_mmdet: bool = False) -> list[str]:
    options = dict(type='ResumableTrainLoop') if of_mmdet else {}
    options |= dict(
        max_epochs=Name('max_epochs'), val_interval=Name('max(1, max_epochs // 3)')
    )
    return [explained('max_epochs', epochs), assign('train_cfg', options)]


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
        assign(
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
    options = dict(ann_file=val.ann_file, size_buckets=Name('size_buckets'))
    if choices.max_dets.value > 100:
        options |= dict(
            proposal_nums=Name('(1, 100, max_dets)'), size_max_dets=Name('max_dets')
        )
    if not detector.of_mmdet:
        return options
    metric = ['bbox', 'segm', 'bbox_size'] if detector.with_masks else None
    kind = dict(type='SizeCocoMetric', metric=metric or ['bbox', 'bbox_size'])
    return kind | options


def _dataloader(detector: Detector, split: str, files: Files) -> str:
    pipeline = 'train_pipeline' if split == 'train' else 'test_pipeline'
    dataset = dict(
        metainfo=dict(classes=Name('classes')),
        ann_file=files.ann_file,
        data_prefix=dict(img=files.img_dir),
        pipeline=Name(
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
        loader = dict(batch_size=Name('batch_size')) | loader
    return assign(f'{split}_dataloader', loader)
