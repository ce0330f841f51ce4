# For the half-width detector. The terms that G receives through D are off: with a
# teacher they did not pay (docs/experiments.md, section 6). They and the
# discriminator come back with their weights: --cfg-options
# model.composite_loss.adv.loss_weight=0.01 model.composite_loss.cls.loss_weight=0.1
# model.composite_loss.reg.loss_weight=0.1
_base_ = './sodgan_fpn.py'
sodgan = dict(
    generator=dict(mid_channels=48, norm_cfg=dict(_delete_=True, type='BN')),
    discriminator=dict(conv_channels=64, fc_channels=128),
    composite_loss=dict(
        adv=dict(loss_weight=0), cls=dict(loss_weight=0), reg=dict(loss_weight=0)
    ),
)
