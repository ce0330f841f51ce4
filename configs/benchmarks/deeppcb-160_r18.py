# ResNet-18, 160 px, r = 2.
_base_ = ['./_deeppcb.py', './_related.py', './_detectors.py']
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
    retinanet='baselines/retinanet_r18_fpn_small_deeppcb-160.py',
    ssd='baselines/ssd_r18_small_deeppcb-160.py',
    cornernet='baselines/cornernet_r18_fpn_small_deeppcb-160.py',
    centernet='baselines/centernet_r18_fpn_small_deeppcb-160.py',
    dino='baselines/dino_r18_small_deeppcb-160.py',
    rtmdet='baselines/rtmdet-tiny_deeppcb-160.py',
)
rows = dict(**_base_.related, **_base_.detectors)
