# A camera whose LR images are worse than those of the training and have no HR partner
# (deeppcb2coco.py --num-train 400 --num-design 150 --num-unlabelled 450). The rows that
# go on from SODGAN are tested on its images.
_base_ = './_deeppcb.py'
configs = dict(
    oracle='baselines/faster-rcnn_r18_fpn_small_hr_deeppcb-160.py',
    sodgan='sodgan/sodgan-faster-rcnn_r18_fpn_small_deeppcb-160.py',
    other_camera='sodgan/sodgan-faster-rcnn_r18_fpn_small_other-camera_deeppcb-160.py',
)
_own = 'model.data_preprocessor.degradation'
_random = {_own: dict(blur_sigma=(0, 3), noise_std=(0, 20), jpeg_quality=(20, 95))}
_known = {_own: dict(blur_sigma=(1.5, 1.5), noise_std=(10, 10), jpeg_quality=(40, 40))}
# Without D unlabelled images are not read.
_without = {'model.composite_loss.adv.loss_weight': 0}
rows = dict(
    _delete_=True,
    oracle=dict(label='HR oracle', config='oracle'),
    sodgan=dict(label='SODGAN', config='sodgan', teacher='oracle', epochs=12),
    **{
        name: dict(
            label=label,
            config='other_camera',
            teacher='sodgan',
            epochs=2,
            cfg_options=options,
        )
        for name, label, options in (
            ('continued', 'no adaptation', _without),
            ('random', 'random degradations in training', {**_without, **_random}),
            ('unlabelled', 'unlabelled images, D', {}),
            ('both', 'random degradations; unlabelled images, D', _random),
            ('known', 'this degradation in training', {**_without, **_known}),
        )
    },
)
