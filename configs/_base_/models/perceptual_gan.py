# Perceptual GAN (Li et al., CVPR 2017), to be laid over a config of sodgan_roi.py:
#     model = {{_base_.perceptual_gan}}
perceptual_gan = dict(
    # Where they also train the host, its features collapse (README.md of
    # configs/perceptual_gan).
    gan_trains_host=False,
    generator=dict(
        reads_feats=False,
        mid_channels=None,
        norm_cfg=dict(_delete_=True, type='BN'),
    ),
    discriminator=dict(num_convs=0),
    composite_loss=dict(
        adv=dict(mode='non_saturating', loss_weight=1.0),
        cls=dict(loss_weight=1.0),
        reg=dict(loss_weight=1.0),
        mse=None,
        tv=None,
        align=None,
    ),
)
