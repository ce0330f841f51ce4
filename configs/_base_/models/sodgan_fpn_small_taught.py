# sodgan_fpn.py for the half-width detector.
_base_ = './sodgan_fpn.py'
sodgan = dict(
    generator=dict(norm_cfg=dict(_delete_=True, type='BN')),
    rpn_head=dict(anchor_generator=dict(scales=[4])),
    discriminator=dict(conv_channels=64, fc_channels=128),
)
