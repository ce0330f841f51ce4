# SOD-MTGAN (Bai et al., ECCV 2018), to be laid over any Faster R-CNN; README.md in
# configs/sod_mtgan says what is as published.
sod_mtgan = dict(
    type='SODMTGAN',
    data_preprocessor=dict(
        type='PairedResolutionPreprocessor', scale_factor=2, with_hr=True
    ),
    generator=dict(type='ImageGenerator', mid_channels=64, num_blocks=5),
    # Patches of 32 px: 16, 8, 4 and 2 cells a side.
    discriminator=dict(
        roi_feat_size=32,
        num_convs=4,
        conv_channels=256,
        fc_channels=1024,
        # A classifier of the detector's, not only a critic.
        spectral_norm=False,
    ),
    composite_loss=dict(
        adv=dict(loss_weight=1e-3),
        cls=dict(loss_weight=1e-2),
        reg=dict(loss_weight=1e-2),
        mse=dict(loss_weight=1.0, relative=False, foreground_weight=None),
    ),
    # As mmdet's heads, and also under bfloat16 autocast.
    rpn_head=dict(type='SODGANRPNHead'),
    roi_head=dict(type='SODGANRoIHead'),
)
