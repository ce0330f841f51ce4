# A camera that is worse than the training images and whose own images have no HR
# partner (deeppcb2coco.py --num-train 400 --num-design 150 --num-unlabelled 450). The
# rows that go on from SODGAN are tested on its images.
_base_ = ['./_deeppcb.py', '../_base_/datasets/deeppcb_160.py']
configs = dict(
    oracle='baselines/faster-rcnn_r18_fpn_small_hr_deeppcb-160.py',
    sodgan='sodgan/sodgan-faster-rcnn_r18_fpn_small_deeppcb-160.py',
    other_camera='sodgan/sodgan-faster-rcnn_r18_fpn_small_other-camera_deeppcb-160.py',
)
presets = dict(
    _delete_=True,
    **{name: _base_.presets[name] for name in ('cpu-12e-avg', 'design')},
)
# The camera is worse in everything than what is drawn at random in training by those
# who do not know it.
_camera = dict(blur_sigma=(2, 2), noise_std=(15, 15), jpeg_quality=(30, 30))
_random = dict(blur_sigma=(0, 1.5), noise_std=(0, 10), jpeg_quality=(50, 95))
_load, _resize, *_rest = _base_.test_pipeline


def _taken(last: list, **degradation) -> list:
    """Pipeline of images that a camera of this degradation takes."""
    return [_load, _resize, dict(type='Degrade', scale_factor=2, **degradation), *last]


_unlabelled = 'unpaired_dataloader.dataset.pipeline'
_pack = [dict(type='PackDetInputs')]
_images = {
    'val_dataloader.dataset.pipeline': _taken(_rest, **_camera),
    _unlabelled: _taken(_pack, **_camera),
}
_own = 'model.data_preprocessor.degradation'
# Without D unlabelled images are not read.
_without = {'model.composite_loss.adv.loss_weight': 0}
rows = dict(
    _delete_=True,
    # The start of the others, tested on images as they are.
    oracle=dict(label='HR oracle', config='oracle', start=True),
    sodgan=dict(
        label='SODGAN', config='sodgan', teacher='oracle', epochs=12, start=True
    ),
    **{
        name: dict(
            label=label,
            config='other_camera',
            teacher='sodgan',
            epochs=6,
            cfg_options={**_images, **options},
        )
        for name, label, options in (
            ('continued', 'no adaptation', _without),
            ('random', 'random degradations in training', {**_without, _own: _random}),
            ('unlabelled', 'unlabelled images, through D', {}),
            (
                'both',
                'random degradations, and unlabelled images through D',
                {_own: _random},
            ),
            (
                'both-own',
                'random degradations, and unlabelled images of the own camera',
                {_own: _random, _unlabelled: _taken(_pack)},
            ),
            (
                'known',
                "the camera's degradation in training",
                {**_without, _own: _camera},
            ),
        )
    },
)
