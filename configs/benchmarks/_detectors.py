# Other detectors, at the LR image's size and with their input enlarged to the HR
# image's: `rows = {{_base_.detectors}}` adds them to a benchmark that names their
# configs. Their backbone starts as that of all students, their heads from scratch, so
# they have the epochs of the oracle. RTMDet-tiny has a backbone of its own.
_upscaled = {'model.data_preprocessor.type': 'UpscaledInputPreprocessor'}
_ssd = 'model.bbox_head.anchor_generator.'
# Anchors, where there are any, grow with the image.
_enlarged = dict(
    retinanet={'model.bbox_head.anchor_generator.octave_base_scale': 4},
    ssd={f'{_ssd}min_sizes': [16, 32, 64, 128], f'{_ssd}max_sizes': [32, 64, 128, 256]},
)
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
        cfg_options={**options, **(_enlarged.get(config, {}) if options else {})},
    )
    for config, label in _names.items()
    for name, words, options in (
        ('', '', {}),
        ('-upscaled', ', input resized r times', _upscaled),
    )
}
