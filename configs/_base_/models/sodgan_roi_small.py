# For the half-width detector.
_base_ = './sodgan_roi.py'
sodgan = dict(
    generator=dict(mid_channels=64),
    discriminator=dict(conv_channels=64, fc_channels=128),
)
