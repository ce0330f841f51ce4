# No teacher of this backbone is published by MMDetection: a moving average.
_base_ = './sodgan-faster-rcnn_r50-caffe_c4-1x_coco.py'
custom_hooks = [
    dict(type='GANScheduleHook'),
    dict(type='TeacherHook'),
    dict(type='ReseedHook'),
    dict(type='GANWatchHook'),
]
load_from = None
model = dict(
    teacher=dict(frozen=False),
    composite_loss=dict(
        adv=dict(loss_weight=1e-3),
        cls=dict(loss_weight=1e-2),
        reg=dict(loss_weight=1e-2),
    ),
    backbone=dict(
        depth=101,
        init_cfg=dict(
            type='Pretrained', checkpoint='open-mmlab://detectron2/resnet101_caffe'
        ),
    ),
    roi_head=dict(
        shared_head=dict(
            depth=101,
            init_cfg=dict(
                type='Pretrained', checkpoint='open-mmlab://detectron2/resnet101_caffe'
            ),
        )
    ),
)
