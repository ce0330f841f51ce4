# What every benchmark on DeepPCB compares, and at which budgets. A benchmark file
# adds `configs`, the paths (below configs/) behind the names given here.
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
    # The student passes its teacher, which lets go of it in the last third.
    'annealed': dict(
        label='w/o GAN, the teacher lets go',
        config='sodgan',
        teacher='oracle',
        cfg_options={
            **{_terms + name: None for name in ('adv', 'cls', 'reg')},
            'custom_hooks.0.reconstruction': [(0.0, 1.0), (0.5, 1.0), (0.8, 0.0)],
        },
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
# cfg_options of a preset are laid over every row's config.
presets = {
    # 400 / 150 images (deeppcb2coco.py --num-train 400 --num-test 150): one seed
    # of the first five rows takes about 45 minutes on two cores with --jobs 2.
    'cpu': dict(
        epochs=6,
        cfg_options={
            'optim_wrapper.type': 'AutocastOptimWrapper',
            'train_dataloader.dataset.ann_file': 'annotations/trainval_400.json',
            'train_dataloader.num_workers': 1,
            'val_dataloader.dataset.ann_file': 'annotations/test_150.json',
            'val_dataloader.num_workers': 1,
            'val_evaluator.ann_file': 'data/deeppcb/annotations/test_150.json',
        },
    ),
    # The official split, 1,000 / 500 images.
    'full': dict(epochs=24, cfg_options={'optim_wrapper.type': 'AutocastOptimWrapper'}),
}
