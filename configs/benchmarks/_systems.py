# What every benchmark compares. A benchmark file adds `presets`, the budgets, and
# `configs`, the paths (below configs/) behind the names given here.
_terms = 'model.composite_loss.'
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
        for name, label in dict(
            lr='LR baseline', upscaled='up-scaled input', oracle='HR oracle'
        ).items()
    },
    # A teacher is the run of the same seed from whose weights the row starts.
    'sodgan': dict(label='SODGAN, all terms', config='sodgan', teacher='oracle'),
    # The control that the method must beat.
    'control': dict(
        label='its network without HR supervision and GAN',
        config='sodgan',
        teacher='oracle',
        cfg_options={
            'model.data_preprocessor.with_hr': False,
            'model.composite_loss': dict(_delete_=True),
        },
    ),
    'wo-gan': dict(
        label='w/o GAN (adv, cls, reg)',
        config='sodgan',
        teacher='oracle',
        cfg_options={_terms + name: None for name in ('adv', 'cls', 'reg')},
    ),
    **{
        f'wo-{name}': dict(
            label=f'w/o {name}',
            config='sodgan',
            teacher='oracle',
            cfg_options={_terms + name: None},
        )
        for name in ('adv', 'cls', 'reg', 'mse', 'tv', 'align')
    },
}
