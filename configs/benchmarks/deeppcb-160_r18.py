# The benchmark at 160 px with r = 2, for tools/benchmark/run.py: what is compared,
# and at which budgets. Paths of configs are relative to the folder configs/.
_small = 'faster-rcnn_r18_fpn_small'
_sodgan = 'sodgan/sodgan-faster-rcnn_r18_fpn_small_deeppcb-160.py'
_terms = 'model.composite_loss.'
rows = {
    'lr': dict(label='LR baseline', config=f'baselines/{_small}_deeppcb-160.py'),
    'upscaled': dict(
        label='up-scaled input', config=f'baselines/{_small}_upscaled_deeppcb-160.py'
    ),
    'oracle': dict(label='HR oracle', config=f'baselines/{_small}_hr_deeppcb-160.py'),
    'sodgan': dict(label='SODGAN, all terms', config=_sodgan, teacher='oracle'),
    # The control that the method must beat: same weights to start from.
    'control': dict(
        label='its network without HR supervision and GAN',
        config='sodgan/sodgan-faster-rcnn_r18_fpn_small_wo-gan_deeppcb-160.py',
        teacher='oracle',
    ),
    'wo-gan': dict(
        label='w/o GAN (adv, cls, reg)',
        config=_sodgan,
        teacher='oracle',
        cfg_options={_terms + name: None for name in ('adv', 'cls', 'reg')},
    ),
    **{
        f'wo-{name}': dict(
            label=f'w/o {name}',
            config=_sodgan,
            teacher='oracle',
            cfg_options={_terms + name: None},
        )
        for name in ('adv', 'cls', 'reg', 'mse', 'tv', 'align')
    },
}
# Budgets. cfg_options are laid over every row's config.
presets = {
    # 400 / 150 images, two hours on two cores of 2026.
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
