# Half-width Faster R-CNN, from scratch, for small images on modest hardware.
_base_ = 'mmdet::_base_/models/faster-rcnn_r50_fpn.py'
model = dict(
    backbone=dict(
        depth=18,
        frozen_stages=-1,
        norm_cfg=dict(type='BN', requires_grad=True),
        norm_eval=False,
        init_cfg=None,
    ),
    neck=dict(in_channels=[64, 128, 256, 512], out_channels=128),
    # As mmdet's heads, and also under bfloat16 autocast.
    rpn_head=dict(
        type='SODGANRPNHead',
        in_channels=128,
        feat_channels=128,
        anchor_generator=dict(scales=[4]),
    ),
    roi_head=dict(
        type='SODGANRoIHead',
        # A fixed number of samples a bin: the adaptive one is slow on a CPU.
        bbox_roi_extractor=dict(out_channels=128, roi_layer=dict(sampling_ratio=2)),
        bbox_head=dict(in_channels=128, fc_out_channels=256),
    ),
    train_cfg=dict(
        rpn_proposal=dict(nms_pre=1000, max_per_img=500),
        rcnn=dict(sampler=dict(num=64)),
    ),
    test_cfg=dict(rpn=dict(nms_pre=500, max_per_img=100)),
)
