# Related methods on the detector of the rows in _systems.py, and the other places of
# the generator: `rows = dict(**_base_.related)` and `configs = dict(...,
# **_base_.related_configs)` add them to a benchmark.
related_configs = dict(
    roi='sodgan/sodgan-roi-faster-rcnn_r18_fpn_small_deeppcb-160.py',
    image='sodgan/sodgan-image-faster-rcnn_r18_fpn_small_deeppcb-160.py',
    sod_mtgan='sod_mtgan/sod-mtgan_faster-rcnn_r18_fpn_small_deeppcb-160.py',
    perceptual_gan='perceptual_gan/'
    'perceptual-gan_faster-rcnn_r18_fpn_small_deeppcb-160.py',
    feature_sr='feature_sr/feature-sr_faster-rcnn_r18_fpn_small_deeppcb-160.py',
    efpn='efpn/efpn_faster-rcnn_r18_fpn_small_deeppcb-160.py',
    context='baselines/faster-rcnn_r18_fpn_small_context_deeppcb-160.py',
    sr='baselines/sr-faster-rcnn_r18_fpn_small_deeppcb-160.py',
)
related = {
    'roi': dict(label='SODGAN at the RoI', config='roi', teacher='oracle'),
    'image': dict(label='SODGAN at the image', config='image', teacher='oracle'),
    'efpn': dict(label='EFPN-style', config='efpn', teacher='oracle'),
    'sod-mtgan': dict(label='SOD-MTGAN', config='sod_mtgan', teacher='oracle'),
    'perceptual-gan': dict(
        label='Perceptual GAN', config='perceptual_gan', teacher='oracle'
    ),
    # Its target is its own weights on the HR image, with dilated kernels: they must
    # have seen objects at the scale of the LR image.
    'feature-sr': dict(
        label='feature super-resolution', config='feature_sr', teacher='lr-started'
    ),
    # What it is to be compared with: the same start and epochs.
    'lr-continued': dict(
        label='LR baseline, from its own weights', config='lr', teacher='lr-started'
    ),
    'context': dict(label='contextual information', config='context', teacher='oracle'),
    'sr': dict(
        label='super-resolution by MSE, then the detector',
        config='sr',
        teacher='oracle',
    ),
}
