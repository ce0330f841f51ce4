_base_ = [
    './mask-rcnn_r50-caffe_c4-1x_coco.py',
    '../_base_/models/resnet101_caffe_c4.py',
]
model = {{_base_.resnet101_caffe_c4}}
