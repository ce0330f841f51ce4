# What learns from the high-resolution image, wherever the generator stands: the
# pair of images, the teacher, the discriminator and the terms of the loss.
sodgan = dict(
    data_preprocessor=dict(
        type='PairedResolutionPreprocessor', scale_factor=2, with_hr=True
    ),
    discriminator=dict(type='MultiTaskDiscriminator'),
    teacher=dict(type='Teacher', frozen=True),
    composite_loss=dict(
        adv=dict(loss_weight=1e-2),
        cls=dict(loss_weight=0.1),
        reg=dict(loss_weight=0.1),
        mse=dict(loss_weight=1.0),
        tv=dict(loss_weight=1e-4),
        align=dict(loss_weight=1.0),
    ),
)
