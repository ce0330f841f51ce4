_base_ = [
    './sodgan-faster-rcnn_r101-caffe_c4-1x_coco.py',
    '../_base_/models/as_published.py',
]
model = {{_base_.as_published}}
