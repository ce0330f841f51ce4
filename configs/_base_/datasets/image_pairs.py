# Whole images of one size: the pipelines load the high-resolution image, and the
# data preprocessor makes the low-resolution one from it. A data set adds its type,
# root, files, classes and size buckets.
hr_side = 256
backend_args = None

# Pillow, as some OpenCV versions return a truncated image half grey.
load_image = dict(
    type='LoadImageFromFile', imdecode_backend='pillow', backend_args=backend_args
)
train_pipeline = [
    load_image,
    dict(type='LoadAnnotations', with_bbox=True),
    dict(type='Resize', scale=(hr_side, hr_side), keep_ratio=True),
    dict(type='RandomFlip', prob=0.5),
    dict(type='PackDetInputs'),
]
test_pipeline = [
    load_image,
    dict(type='Resize', scale=(hr_side, hr_side), keep_ratio=True),
    dict(type='LoadAnnotations', with_bbox=True),
    dict(
        type='PackDetInputs',
        meta_keys=('img_id', 'img_path', 'ori_shape', 'img_shape', 'scale_factor'),
    ),
]
train_dataloader = dict(
    batch_size=4,
    num_workers=1,
    # Workers that live on would not draw the same augmentations after a resume.
    persistent_workers=False,
    sampler=dict(type='DefaultSampler', shuffle=True),
    dataset=dict(pipeline=train_pipeline, backend_args=backend_args),
)
val_dataloader = dict(
    batch_size=4,
    num_workers=1,
    persistent_workers=False,
    drop_last=False,
    sampler=dict(type='DefaultSampler', shuffle=False),
    dataset=dict(test_mode=True, pipeline=test_pipeline, backend_args=backend_args),
)
test_dataloader = val_dataloader

val_evaluator = dict(
    type='SizeCocoMetric', metric=['bbox', 'bbox_size'], backend_args=backend_args
)
test_evaluator = val_evaluator
