# Over RetinaNet, whose pyramid begins at stride 8: reconstructed at stride 4.
_base_ = './hr_supervision.py'
sodgan = dict(
    type='SingleStageSODGAN',
    generator=dict(
        type='PyramidGenerator',
        mid_channels=64,
        num_blocks=2,
        norm_cfg=dict(type='GN', num_groups=8),
    ),
    bbox_head=dict(anchor_generator=dict(strides=[4, 8, 16, 32, 64, 128])),
)
