# DeepPCB for detection at 160 px input with r = 2: the pipelines shrink the
# original to 320 px, and the data preprocessor makes the 160 px image from it.
# (With r = 4 take deeppcb_320.py: it loads 640 px.)
_base_ = './deeppcb_320.py'

hr_side = 320

load_image = _base_.load_image
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
train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
val_dataloader = dict(dataset=dict(pipeline=test_pipeline))
test_dataloader = val_dataloader
