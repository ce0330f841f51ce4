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
resize = dict(type='Resize', scale=(input_size, input_size), keep_ratio=False)
train_pipeline = [
    resize if step['type'] == 'Resize' else step for step in _base_.train_pipeline
]
test_pipeline = [
    resize if step['type'] == 'Resize' else step for step in _base_.test_pipeline
]
train_dataloader = dict(dataset=dict(dataset=dict(pipeline=train_pipeline)))
val_dataloader = dict(dataset=dict(pipeline=test_pipeline))
test_dataloader = val_dataloader
