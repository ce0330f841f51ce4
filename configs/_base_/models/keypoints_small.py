# CornerNet (Law and Deng, ECCV 2018) on the finest level of a pyramid, at stride 4,
# instead of an hourglass; to be laid over a config of the half-width Faster R-CNN.
# CenterNet (Duan et al., ICCV 2019) is the same with keypoint triplets.
cornernet = dict(
    type='CornerNet',
    bbox_head=dict(
        type='CornerHead',
        in_channels=128,
        num_feat_levels=1,
        loss_heatmap=dict(type='GaussianFocalLoss', alpha=2.0, gamma=4.0),
        loss_embedding=dict(
            type='AssociativeEmbeddingLoss', pull_weight=0.1, push_weight=0.1
        ),
        loss_offset=dict(type='SmoothL1Loss', beta=1.0),
    ),
    test_cfg=dict(
        corner_topk=100,
        local_maximum_kernel=3,
        distance_threshold=0.5,
        score_thr=0.05,
        max_per_img=100,
        nms=dict(type='soft_nms', iou_threshold=0.5, method='gaussian'),
    ),
)
centernet = {
    **cornernet,
    'bbox_head': {**cornernet['bbox_head'], 'type': 'KeypointTripletHead'},
    'test_cfg': {**cornernet['test_cfg'], 'corner_topk': 70},
}
