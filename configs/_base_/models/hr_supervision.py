# What learns from the high-resolution image, wherever the generator stands: the
# pair of images, the teacher and the terms of the loss. Configs add those through the
# discriminator where they pay (docs/lab_notes/discriminator.md); as_published.py has
# the source's.
sodgan = dict(
    data_preprocessor=dict(
        type='PairedResolutionPreprocessor', scale_factor=2, with_hr=True
    ),
    teacher=dict(type='Teacher', frozen=True),
    composite_loss=dict(
        mse=dict(loss_weight=1.0),
        tv=dict(loss_weight=1e-4),
        align=dict(loss_weight=1.0),
    ),
)
