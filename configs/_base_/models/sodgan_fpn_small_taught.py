# For the half-width detector with a teacher trained on HR images.
_base_ = './sodgan_fpn.py'
teacher = 'work_dirs/faster-rcnn_r18_fpn_small_hr_deeppcb-160/epoch_12.pth'
sodgan = dict(
    hr_branch=dict(checkpoint=teacher),
    generator=dict(mid_channels=48, norm_cfg=dict(_delete_=True, type='BN')),
    discriminator=dict(conv_channels=64, fc_channels=128),
    composite_loss=dict(
        # A trained target bears more weight than a moving average.
        adv=dict(loss_weight=1e-2),
        cls=dict(loss_weight=0.1),
        reg=dict(loss_weight=0.1),
        align=dict(loss_weight=1.0),
    ),
)
