_base_ = [
    '../sodgan/sodgan-roi-faster-rcnn_r18_fpn_small_deeppcb-160.py',
    '../_base_/models/perceptual_gan.py',
]
model = {{_base_.perceptual_gan}}
