# ResNet-18, 160 px, r = 2.
_base_ = ['./_deeppcb.py', './_related.py']
configs = dict(
    lr='baselines/faster-rcnn_r18_fpn_small_deeppcb-160.py',
    upscaled='baselines/faster-rcnn_r18_fpn_small_upscaled_deeppcb-160.py',
    oracle='baselines/faster-rcnn_r18_fpn_small_hr_deeppcb-160.py',
    sodgan='sodgan/sodgan-faster-rcnn_r18_fpn_small_deeppcb-160.py',
    image='sodgan/sodgan-image-faster-rcnn_r18_fpn_small_deeppcb-160.py',
    roi='sodgan/sodgan-roi-faster-rcnn_r18_fpn_small_deeppcb-160.py',
    sod_mtgan='sod_mtgan/sod-mtgan_faster-rcnn_r18_fpn_small_deeppcb-160.py',
    perceptual_gan='perceptual_gan/'
    'perceptual-gan_faster-rcnn_r18_fpn_small_deeppcb-160.py',
    feature_sr='feature_sr/feature-sr_faster-rcnn_r18_fpn_small_deeppcb-160.py',
    efpn='efpn/efpn_faster-rcnn_r18_fpn_small_deeppcb-160.py',
    context='baselines/faster-rcnn_r18_fpn_small_context_deeppcb-160.py',
    sr='baselines/sr-faster-rcnn_r18_fpn_small_deeppcb-160.py',
    rtmdet='baselines/rtmdet-tiny_deeppcb-160.py',
    rtmdet_upscaled='baselines/rtmdet-tiny_upscaled_deeppcb-160.py',
)
# A one-stage detector of today, whose weights no oracle gives, has the epochs of one.
rows = dict(
    **_base_.related,
    **{
        f'rtmdet-tiny{name}': dict(
            label=f'RTMDet-tiny, {label}, from scratch, as long as the oracle',
            config=f'rtmdet{name}',
        )
        for name, label in {'': 'LR', '_upscaled': 'input resized 2'}.items()
    },
)
