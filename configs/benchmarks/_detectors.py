# Other detectors, at the LR image's size and with their input enlarged to the HR
# image's: `rows = dict(**_base_.detectors)` and `configs = dict(...,
# **_base_.detector_configs)` add them to a benchmark. What they share with the oracle
# (backbone, and FPN where there is one) starts from its weights; their heads are new,
# so they have the oracle's epochs. So has RTMDet-tiny, of which nothing has weights.
detector_configs = dict(
    retinanet='baselines/retinanet_r18_fpn_small_deeppcb-160.py',
    ssd='baselines/ssd_r18_small_deeppcb-160.py',
    cornernet='baselines/cornernet_r18_fpn_small_deeppcb-160.py',
    centernet='baselines/centernet_r18_fpn_small_deeppcb-160.py',
    dino='baselines/dino_r18_small_deeppcb-160.py',
    rtmdet='baselines/rtmdet-tiny_deeppcb-160.py',
)
_upscaled = {'model.data_preprocessor.type': 'UpscaledInputPreprocessor'}
_anchors = 'model.bbox_head.anchor_generator'
# Anchors, where there are any, grow with the image.
_enlarged = dict(
    retinanet={f'{_anchors}.octave_base_scale': 4},
    ssd={
        f'{_anchors}.min_sizes': [16, 32, 64, 128, 256],
        f'{_anchors}.max_sizes': [32, 64, 128, 256, 512],
    },
)
# Under bfloat16 autocast the boxes that DINO's decoder refines would be rounded.
_full_precision = {'optim_wrapper.type': 'OptimWrapper'}
_names = dict(
    retinanet='RetinaNet',
    ssd='SSD',
    cornernet='CornerNet',
    centernet='CenterNet',
    dino='DINO',
    rtmdet='RTMDet-tiny, from scratch',
)
detectors = {
    f'{config}{name}': dict(
        label=f'{label}{words}',
        config=config,
        # mmdet's corners are found in the default layout.
        channels_last=config not in ('cornernet', 'centernet'),
        teacher=None if config == 'rtmdet' else 'oracle',
        student=False,
        cfg_options={
            **options,
            **(_enlarged.get(config, {}) if options else {}),
            **(_full_precision if config == 'dino' else {}),
        },
    )
    for config, label in _names.items()
    for name, words, options in (
        ('', '', {}),
        ('-upscaled', ', input resized r times', _upscaled),
    )
}
