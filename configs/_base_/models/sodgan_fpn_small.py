# For the half-width detector, from scratch.
_base_ = './sodgan_fpn.py'
sodgan = dict(
    generator=dict(mid_channels=32),
    discriminator=dict(conv_channels=64, fc_channels=128),
    # A short training: follow the detector more closely.
    hr_branch=dict(momentum=0.02),
    # From scratch the target is poor for a long time.
    composite_loss=dict(mse=dict(loss_weight=0.1)),
)
