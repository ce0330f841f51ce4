# DeepPCB (https://github.com/tangsanli5201/DeepPCB) for detection at 320 px input
# with r = 2: the pipelines load the 640 px original, and the data preprocessor
# makes the 320 px image from it. Converted by
# tools/dataset_converters/deeppcb2coco.py.
dataset_type = 'DeepPCBDataset'
data_root = 'data/deeppcb/'
num_classes = 6
hr_side = 640
backend_args = None
# Edges in pixels of the object's side in the 640 px original.
size_buckets = [0, 28, 32, 40, 48, 64, 640]

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
    num_workers=2,
    # Workers that live on would not draw the same augmentations after a resume.
    persistent_workers=False,
    sampler=dict(type='DefaultSampler', shuffle=True),
    dataset=dict(
        type=dataset_type,
        data_root=data_root,
        ann_file='annotations/trainval.json',
        data_prefix=dict(img='PCBData/'),
        pipeline=train_pipeline,
        backend_args=backend_args,
    ),
)
val_dataloader = dict(
    batch_size=4,
    num_workers=2,
    persistent_workers=False,
    drop_last=False,
    sampler=dict(type='DefaultSampler', shuffle=False),
    dataset=dict(
        type=dataset_type,
        data_root=data_root,
        ann_file='annotations/test.json',
        data_prefix=dict(img='PCBData/'),
        test_mode=True,
        pipeline=test_pipeline,
        backend_args=backend_args,
    ),
)
test_dataloader = val_dataloader

val_evaluator = dict(
    type='SizeCocoMetric',
    ann_file=data_root + 'annotations/test.json',
    metric=['bbox', 'bbox_size'],
    size_buckets=size_buckets,
    backend_args=backend_args,
)
test_evaluator = val_evaluator
