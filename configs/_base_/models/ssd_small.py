# SSD (Liu et al., ECCV 2016) on the four levels of a ResNet and a fifth of its own, to
# be laid over a config of the half-width Faster R-CNN. From stride 8, as published, a
# third of the circuit boards' objects has an anchor of IoU 0.5 at 160 px; from stride 4
# nine tenths.
ssd = dict(
    type='SingleStageDetector',
    neck=dict(
        type='SSDNeck', level_strides=(2,), level_paddings=(1,), l2_norm_scale=None
    ),
    bbox_head=dict(
        type='PredictingSSDHead',
        anchor_generator=dict(
            type='SSDAnchorGenerator',
            scale_major=False,
            strides=[4, 8, 16, 32, 64],
            ratios=[[2], [2, 3], [2, 3], [2, 3], [2]],
            # px of the LR image; twice as many for the image enlarged.
            min_sizes=[8, 16, 32, 64, 128],
            max_sizes=[16, 32, 64, 128, 256],
        ),
        bbox_coder=dict(type='DeltaXYWHBBoxCoder', target_stds=[0.1, 0.1, 0.2, 0.2]),
    ),
    train_cfg=dict(
        assigner=dict(
            type='MaxIoUAssigner',
            pos_iou_thr=0.5,
            neg_iou_thr=0.5,
            min_pos_iou=0.0,
            gt_max_assign_all=False,
        ),
        sampler=dict(type='PseudoSampler'),
        smoothl1_beta=1.0,
        allowed_border=-1,
        pos_weight=-1,
        neg_pos_ratio=3,
        debug=False,
    ),
    test_cfg=dict(
        nms_pre=1000,
        nms=dict(type='nms', iou_threshold=0.45),
        score_thr=0.02,
        max_per_img=200,
    ),
)
