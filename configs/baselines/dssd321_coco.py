# DSSD of Fu et al. (arXiv 1701.06659) in one training: the paper first trains its SSD
# alone, then the deconvolution modules, then all.
_base_ = './ssd300_coco.py'
input_size = 321
model = dict(
    # Those of the weights.
    data_preprocessor=dict(mean=[103.530, 116.280, 123.675], bgr_to_rgb=False),
    backbone=dict(
        _delete_=True,
        type='CaffePoolResNet',
        depth=101,
        # The last stage keeps the size of the one before it.
        strides=(1, 2, 2, 1),
        dilations=(1, 1, 1, 2),
        out_indices=(1, 3),
        norm_cfg=dict(type='BN', requires_grad=False),
        norm_eval=True,
        style='caffe',
        init_cfg=dict(
            type='Pretrained', checkpoint='open-mmlab://detectron2/resnet101_caffe'
        ),
    ),
    neck=dict(
        _delete_=True,
        type='DSSDNeck',
        in_channels=(512, 2048),
        extra_channels=1024,
        level_strides=(2, 2, 1, 1),
        level_paddings=(1, 1, 0, 0),
        out_channels=512,
    ),
    bbox_head=dict(
        type='DSSDHead',
        in_channels=(512, 512, 512, 512, 512, 1024),
        feat_channels=1024,
        # Sides as of SSD300 on COCO: 7, 15, 33, ... per cent of the image's.
        anchor_generator=dict(
            _delete_=True,
            type='SSDAnchorGenerator',
            scale_major=False,
            strides=[8, 16, 32, 64, 107, 321],
            ratios=[[1.6, 2, 3]] * 6,
            min_sizes=[22, 48, 105, 163, 221, 279],
            max_sizes=[48, 105, 163, 221, 279, 337],
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
