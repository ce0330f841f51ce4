# Over RetinaNet, whose pyramid begins at stride 8: reconstructed at stride 4.
_base_ = './sodgan_fpn.py'
sodgan = dict(
    _delete_=True,
    type='SingleStageSODGAN',
    data_preprocessor={{_base_.sodgan.data_preprocessor}},
    generator=dict(
        type='PyramidGenerator',
        mid_channels=64,
        num_blocks=2,
        norm_cfg=dict(type='GN', num_groups=8),
    ),
    discriminator={{_base_.sodgan.discriminator}},
    teacher={{_base_.sodgan.teacher}},
    composite_loss={{_base_.sodgan.composite_loss}},
    bbox_head=dict(anchor_generator=dict(strides=[4, 8, 16, 32, 64, 128])),
)
