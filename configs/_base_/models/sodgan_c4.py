# The same over a detector without FPN ("ResNet-50" rows of the source): one
# level of stride 16, reconstructed at stride 8 in front of it.
sodgan = dict(
    type='SODGAN',
    data_preprocessor=dict(type='PairedResolutionPreprocessor', scale_factor=2),
    generator=dict(
        type='PyramidGenerator',
        in_channels=1024,
        in_stride=16,
        mid_channels=128,
        num_blocks=3,
        norm_cfg=dict(type='GN', num_groups=8),
    ),
    discriminator=dict(type='MultiTaskDiscriminator'),
    hr_branch=dict(type='HRBranch', momentum=1e-3),
    composite_loss=dict(
        adv=dict(loss_weight=1e-3),
        cls=dict(loss_weight=1e-2),
        reg=dict(loss_weight=1e-2),
        mse=dict(loss_weight=1.0),
        tv=dict(loss_weight=1e-4),
    ),
    rpn_head=dict(type='SODGANRPNHead', anchor_generator=dict(strides=[8, 16])),
    roi_head=dict(
        type='SODGANRoIHead',
        bbox_roi_extractor=dict(featmap_strides=[8, 16], finest_scale=56),
    ),
)
