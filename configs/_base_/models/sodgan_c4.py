# The same over a detector without FPN ("ResNet-50" rows of the source): one
# level of stride 16, reconstructed at stride 8 in front of it.
_base_ = './sodgan_fpn.py'
sodgan = dict(
    # One level has no other to be aligned with.
    composite_loss=dict(align=None),
    generator=dict(in_channels=1024, in_stride=16, mid_channels=128, num_blocks=2),
    rpn_head=dict(
        anchor_generator=dict(
            strides=[16, 16], base_sizes=[8, 16], scales=[2, 4, 8, 16, 32]
        )
    ),
    roi_head=dict(bbox_roi_extractor=dict(featmap_strides=[8, 16], finest_scale=56)),
)
