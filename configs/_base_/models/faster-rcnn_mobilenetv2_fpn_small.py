# MobileNetV2 with ImageNet's weights below the light heads of the half-width detector.
_base_ = './faster-rcnn_r18_fpn_small.py'
model = dict(
    backbone=dict(
        _delete_=True,
        type='MobileNetV2',
        # Strides 4, 8, 16 and 32, without the last convolution, for classes.
        out_indices=(1, 2, 4, 6),
        # As mmdet's pretrained ResNets: a batch of 4 says little about statistics
        # that a million images have given, and the first stage, at stride 2, is the
        # one that costs most to train and changes least.
        frozen_stages=1,
        norm_eval=True,
        init_cfg=dict(type='Pretrained', checkpoint='open-mmlab://mmdet/mobilenet_v2'),
    ),
    neck=dict(in_channels=[24, 32, 96, 320]),
)
