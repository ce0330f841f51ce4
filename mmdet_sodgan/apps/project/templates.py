"""A project's three configs, for :meth:`str.format`."""

CONFIGS = "__import__('mmdet_sodgan').CONFIGS"

#: What the teacher inherits from where that is no config of MMDetection.
OWN_BASE = f"""\
# CONFIGS is the folder of configs of mmdet_sodgan, wherever it is installed.
_base_ = {CONFIGS} + '_base_/project/{{form}}.py'"""

TEACHER = """\
# The teacher: a plain detector on the HR images. The two others inherit from it.
{base}
work_dir = '{{{{ fileDirname }}}}/work_dirs/teacher'
# It has none itself. With this key `sodgan train` goes on with a training
# that was interrupted, and leaves one that is finished.
teacher = None

{max_epochs}
train_cfg = dict(
    type='ResumableTrainLoop',
    max_epochs=max_epochs,
    val_interval=max(1, max_epochs // 3),
)
classes = {classes}
{values}

{weights}
model = dict(
    backbone=dict(
        _delete_=True,
{backbone}    ),
    neck=dict(in_channels={in_channels}),
{heads})
{training}
resize = dict(type='Resize', scale=hr_size, keep_ratio=True)
train_dataloader = dict(
    batch_size=batch_size,
    persistent_workers=False,
    dataset=dict(
        type='SmallObjectCocoDataset',
        metainfo=dict(classes=classes),
        # Images without objects are background.
        filter_cfg=None,
        ann_file={train_file!r},
        data_prefix=dict(img={train_images!r}),
        pipeline=[
            resize if step['type'] == 'Resize' else step
            for step in _base_.train_pipeline
        ],
    ),
)
val_dataloader = dict(
    persistent_workers=False,
    dataset=dict(
        type='SmallObjectCocoDataset',
        metainfo=dict(classes=classes),
        ann_file={val_file!r},
        data_prefix=dict(img={val_images!r}),
        pipeline=[
            resize if step['type'] == 'Resize' else step
            for step in _base_.test_pipeline
        ],
    ),
)
test_dataloader = val_dataloader
val_evaluator = dict(
    type='SizeCocoMetric',
    metric={metric},
    ann_file={val_file!r},
    size_buckets=size_buckets,
{limits})
test_evaluator = val_evaluator
"""

#: What follows of the project's own bases is to be said over one of MMDetection.
TRAINING = """\
# Checkpoints that outlive a kill, a schedule that follows the training's length,
# and a learning rate that follows the batch size.
custom_imports = dict(imports=['mmdet_sodgan.registration'], allow_failed_imports=False)
default_hooks = dict(
    checkpoint=dict(type='AtomicCheckpointHook', max_keep_ckpts=2),
    preemption=dict(type='PreemptionHook'),
)
custom_hooks = [dict(type='ReseedHook')]
param_scheduler = [
    dict(type='WarmUpLR', by_epoch=False),
    dict(type='CosineAnnealingLR', eta_min_ratio=0.01, convert_to_iter_based=True),
]
optim_wrapper = dict(clip_grad=dict(max_norm=35))
auto_scale_lr = dict(enable=True, base_batch_size=16)"""

BASELINE = """\
# The plain detector on the LR images, what SODGAN is to be compared with.
_base_ = 'teacher.py'
work_dir = '{{{{ fileDirname }}}}/work_dirs/baseline'
# The start; `sodgan train` makes it where it is missing.
teacher = 'teacher.py'
load_from = f'{{{{ fileDirname }}}}/work_dirs/teacher/epoch_{{_base_.max_epochs}}.pth'

{reason_epochs}
max_epochs = max(1, _base_.max_epochs // 2)
train_cfg = dict(
    type='ResumableTrainLoop',
    max_epochs=max_epochs,
    val_interval=max(1, max_epochs // 3),
)
{scale_factor}
model = dict(
    data_preprocessor=dict(
        type='PairedResolutionPreprocessor', scale_factor=scale_factor, with_hr=False
    ),
    # The teacher's, as small as the objects are in the LR image.
    {head}=dict(
        anchor_generator=dict({anchors})
    ),
)
"""

SODGAN = """\
# SODGAN on the LR images; data, start and schedule are those of baseline.py.
_base_ = [
    'baseline.py',
    {configs} + '_base_/models/{fragment}.py',
    {configs} + '_base_/schedules/{schedule}.py',
]
work_dir = '{{{{ fileDirname }}}}/work_dirs/sodgan'
model = _base_.sodgan
# The scale of the teacher's anchors.
model['{head}']['anchor_generator'].update({anchors})
optim_wrapper = {{{{_base_.alternating_optim_wrapper}}}}
custom_hooks = {{{{_base_.alternating_hooks}}}}
"""
