_base_ = [
    'mmdet::_base_/models/cascade-rcnn_r50_fpn.py',
    '../_base_/schedules/schedule_1x.py',
    '../_base_/datasets/coco_detection_size.py',
    '../_base_/default_runtime.py',
    '../_base_/models/sodgan_fpn_cascade.py',
    '../_base_/schedules/alternating.py',
]
model = {{_base_.sodgan}}
optim_wrapper = {{_base_.alternating_optim_wrapper}}
custom_hooks = {{_base_.alternating_hooks}}
# The teacher: MMDetection's own, trained on the HR images.
load_from = 'https://download.openmmlab.com/mmdetection/v2.0/cascade_rcnn/cascade_rcnn_r50_fpn_1x_coco/cascade_rcnn_r50_fpn_1x_coco_20200316-3dc56deb.pth'  # noqa: E501
