# No detector of this backbone is published by MMDetection: a mean teacher.
_base_ = [
    './sodgan-faster-rcnn_r50-caffe_c4-1x_coco.py',
    '../_base_/models/moving_average.py',
    '../_base_/models/resnet101_caffe_c4.py',
]
model = dict(**_base_.moving_average, **_base_.resnet101_caffe_c4)
custom_hooks = {{_base_.moving_average_hooks}}
load_from = None
