_base_ = './dssd321_coco.py'
input_size = 513
model = dict(
    neck=dict(level_strides=(2, 2, 2, 2, 2), level_paddings=(1, 1, 1, 1, 1)),
    bbox_head=dict(
        in_channels=(512, 512, 512, 512, 512, 512, 1024),
        # Sides as of SSD512 on COCO: 4, 10, 26, ... per cent of the image's.
        anchor_generator=dict(
            strides=[8, 16, 32, 64, 128, 256, 513],
            ratios=[[1.6, 2, 3]] * 7,
            min_sizes=[20, 51, 133, 215, 297, 379, 461],
            max_sizes=[51, 133, 215, 297, 379, 461, 543],
        ),
    ),
)
train_pipeline = [
    dict(type='LoadImageFromFile'),
    dict(type='LoadAnnotations', with_bbox=True),
    dict(
        type='Expand',
        mean={{_base_.model.data_preprocessor.mean}},
        to_rgb={{_base_.model.data_preprocessor.bgr_to_rgb}},
        ratio_range=(1, 4),
    ),
    dict(
        type='MinIoURandomCrop', min_ious=(0.1, 0.3, 0.5, 0.7, 0.9), min_crop_size=0.3
    ),
    dict(type='Resize', scale=(input_size, input_size), keep_ratio=False),
    dict(type='RandomFlip', prob=0.5),
    dict(
        type='PhotoMetricDistortion',
        brightness_delta=32,
        contrast_range=(0.5, 1.5),
        saturation_range=(0.5, 1.5),
        hue_delta=18,
    ),
    dict(type='PackDetInputs'),
]
test_pipeline = [
    dict(type='LoadImageFromFile'),
    dict(type='Resize', scale=(input_size, input_size), keep_ratio=False),
    dict(type='LoadAnnotations', with_bbox=True),
    dict(
        type='PackDetInputs',
        meta_keys=('img_id', 'img_path', 'ori_shape', 'img_shape', 'scale_factor'),
    ),
]
train_dataloader = dict(dataset=dict(dataset=dict(pipeline=train_pipeline)))
val_dataloader = dict(dataset=dict(pipeline=test_pipeline))
test_dataloader = val_dataloader
