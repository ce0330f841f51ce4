# sodgan_image.py for the half-width detector.
_base_ = './sodgan_image.py'
sodgan = dict(
    generator=dict(mid_channels=32),
    discriminator=dict(conv_channels=64, fc_channels=128),
)
