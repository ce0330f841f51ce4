_base_ = [
    '../sodgan/sodgan-roi-faster-rcnn_r50_fpn_1x_coco.py',
    '../_base_/models/perceptual_gan.py',
]
model = {{_base_.perceptual_gan}}
