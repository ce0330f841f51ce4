_base_ = [
    'mmdet::_base_/models/faster-rcnn_r50-caffe-c4.py',
    'mmdet::_base_/schedules/schedule_1x.py',
    '../_base_/datasets/coco_detection_size.py',
    '../_base_/default_runtime.py',
    '../_base_/models/sodgan_c4.py',
    '../_base_/schedules/alternating.py',
]
model = {{_base_.sodgan}}
optim_wrapper = {{_base_.alternating_optim_wrapper}}
custom_hooks = {{_base_.alternating_hooks}}
