# DINO (Zhang et al., ICLR 2023) as in mmdet's dino-4scale_r50_8xb2-12e_coco.py with a
# third of its encoder and of its queries, half of its decoder and of its feed-forward
# width; to be laid over a config of the half-width Faster R-CNN.
_attention = dict(embed_dims=256, num_levels=4, dropout=0.0)
_ffn = dict(embed_dims=256, feedforward_channels=1024, ffn_drop=0.0)
dino = dict(
    type='DINO',
    num_queries=300,
    with_box_refine=True,
    as_two_stage=True,
    neck=dict(
        type='ChannelMapper',
        kernel_size=1,
        out_channels=256,
        act_cfg=None,
        norm_cfg=dict(type='GN', num_groups=32),
        num_outs=4,
    ),
    encoder=dict(num_layers=2, layer_cfg=dict(self_attn_cfg=_attention, ffn_cfg=_ffn)),
    decoder=dict(
        num_layers=3,
        return_intermediate=True,
        layer_cfg=dict(
            self_attn_cfg=dict(embed_dims=256, num_heads=8, dropout=0.0),
            cross_attn_cfg=_attention,
            ffn_cfg=_ffn,
        ),
        post_norm_cfg=None,
    ),
    positional_encoding=dict(num_feats=128, normalize=True, offset=0.0, temperature=20),
    bbox_head=dict(
        type='DINOHead',
        embed_dims=256,
        loss_cls=dict(
            type='FocalLoss', use_sigmoid=True, gamma=2.0, alpha=0.25, loss_weight=1.0
        ),
        loss_bbox=dict(type='L1Loss', loss_weight=5.0),
        loss_iou=dict(type='GIoULoss', loss_weight=2.0),
    ),
    dn_cfg=dict(
        label_noise_scale=0.5,
        box_noise_scale=1.0,
        group_cfg=dict(dynamic=True, num_groups=None, num_dn_queries=100),
    ),
    train_cfg=dict(
        assigner=dict(
            type='HungarianAssigner',
            match_costs=[
                dict(type='FocalLossCost', weight=2.0),
                dict(type='BBoxL1Cost', weight=5.0, box_format='xywh'),
                dict(type='IoUCost', iou_mode='giou', weight=2.0),
            ],
        )
    ),
    test_cfg=dict(max_per_img=300),
)
