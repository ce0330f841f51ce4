# What every benchmark compares. A benchmark file adds `presets`, the budgets, and
# `configs`, the paths (below configs/) behind the names given here.
# For presets whose small differences count: the mean of the weights of the last third,
# with batch statistics of its own, is tested, and nothing is tested before.
averaged = {
    'train_cfg.val_begin': 1000,
    'default_hooks.average': dict(type='WeightAverageHook'),
    'default_hooks.statistics': dict(
        type='PreciseBNHook',
        parts=('backbone', 'neck', 'generator', 'rpn_head', 'roi_head', 'bbox_head'),
    ),
}
# The source's D and terms, with weights of ours, as it gives none.
_with_d = {
    'model.discriminator': dict(_delete_=True, conv_channels=64, fc_channels=128),
    'model.composite_loss.adv.loss_weight': 1e-2,
    'model.composite_loss.cls.loss_weight': 0.1,
    'model.composite_loss.reg.loss_weight': 0.1,
}
_control = {
    'model.data_preprocessor.with_hr': False,
    'model.composite_loss': dict(_delete_=True),
}
# HR supervision of a plain detector, on the schedule of SODGAN's; laid over 'lr' and
# 'upscaled'.
_supervised = {
    'model.type': 'DistilledDetector',
    'model.data_preprocessor.with_hr': True,
    'model.composite_loss': dict(align=dict(loss_weight=1.0)),
    'custom_hooks': [
        dict(
            type='GANScheduleHook',
            reconstruction=[(0.0, 1.0), (0.5, 1.0), (0.8, 0.0)],
        ),
        dict(type='TeacherHook'),
        dict(type='ReseedHook'),
    ],
}


def _resized(factor: float) -> dict:
    """Options of an input enlarged by a factor, of 2 for the size of the HR image.

    Its anchors are those of the HR image, of scale 4, at its own size.
    """
    return {
        'model.data_preprocessor.input_scale': factor,
        'model.rpn_head.anchor_generator.scales': [2 * factor],
    }


rows = {
    'lr': dict(label='LR baseline', config='lr'),
    'upscaled': dict(label='up-scaled input', config='upscaled'),
    'oracle': dict(label='HR oracle', config='oracle'),
    # The same start as SODGAN's, so that its longer history is no advantage.
    **{
        f'{name}-started': dict(
            label=f'{label}, from the weights of the oracle',
            config=name,
            teacher='oracle',
        )
        for name, label in dict(lr='LR baseline', oracle='HR oracle').items()
    },
    # The curve to beat: the LR image enlarged before a plain detector, from the same
    # start. It begins with 'lr-started' and ends with 'upscaled-started'. What HR
    # supervision is worth without a generator makes the strongest rivals of it.
    **{
        f'resized-{factor}{name}': dict(
            label=f'input resized {factor}{words}',
            config='upscaled',
            teacher='oracle',
            cfg_options=options | _resized(factor),
        )
        for name, words, options in (
            ('', '', {}),
            ('-supervised', ', with HR supervision', _supervised),
        )
        for factor in (1.25, 1.5, 1.75)
    },
    'upscaled-started': dict(
        label='input resized r times', config='upscaled', teacher='oracle'
    ),
    'distilled': dict(
        label='LR detector with feature distillation',
        config='lr',
        teacher='oracle',
        cfg_options=_supervised,
    ),
    # A teacher is the run from whose weights the row starts, of the same seed where the
    # preset has no teacher_seed.
    **{
        name: dict(label=label, config='sodgan', teacher='oracle', cfg_options=options)
        for name, label, options in (
            ('sodgan', 'SODGAN', {}),
            # The control that the method must beat.
            ('control', 'its network without HR supervision', _control),
            ('with-d', "SODGAN with the source's discriminator", _with_d),
        )
    },
}
