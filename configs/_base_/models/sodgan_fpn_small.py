# For the half-width detector, from scratch and with a mean teacher, a
# moving average of the detector itself, so its term weighs less.
_base_ = './sodgan_fpn.py'
sodgan = dict(
    rpn_head=dict(anchor_generator=dict(scales=[4])),
    discriminator=dict(conv_channels=64, fc_channels=128),
    # A short training: follow the detector more closely.
    teacher=dict(frozen=False, momentum=0.02),
    composite_loss=dict(mse=dict(loss_weight=0.1), align=None),
)
