# With a mean teacher, a moving average of the detector itself.
_base_ = [
    './sodgan-faster-rcnn_r50_fpn_1x_coco.py',
    '../_base_/models/moving_average.py',
]
model = {{_base_.moving_average}}
custom_hooks = {{_base_.moving_average_hooks}}
load_from = None
