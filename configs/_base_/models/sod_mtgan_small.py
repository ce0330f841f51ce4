# sod_mtgan.py for the half-width detector.
_base_ = './sod_mtgan.py'
sod_mtgan = dict(
    generator=dict(mid_channels=32),
    discriminator=dict(conv_channels=128, fc_channels=256),
)
