# ResNet-18, 160 px, r = 2.
_base_ = ['./_deeppcb.py', './_related.py', './_detectors.py']
configs = dict(
    lr='baselines/faster-rcnn_r18_fpn_small_deeppcb-160.py',
    upscaled='baselines/faster-rcnn_r18_fpn_small_upscaled_deeppcb-160.py',
    oracle='baselines/faster-rcnn_r18_fpn_small_hr_deeppcb-160.py',
    sodgan='sodgan/sodgan-faster-rcnn_r18_fpn_small_deeppcb-160.py',
    **_base_.related_configs,
    **_base_.detector_configs,
)
rows = {
    'without-d': dict(
        label='SODGAN without a discriminator',
        config='sodgan',
        teacher='oracle',
        cfg_options={
            f'model.composite_loss.{term}': None for term in ('adv', 'cls', 'reg')
        },
    ),
    **_base_.related,
    **_base_.detectors,
}
