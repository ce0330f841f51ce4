_base_ = [
    'mmdet::_base_/models/faster-rcnn_r50_fpn.py',
    '../_base_/schedules/schedule_1x.py',
    '../_base_/datasets/coco_detection_size.py',
    '../_base_/default_runtime.py',
    '../_base_/models/sodgan_roi.py',
    '../_base_/schedules/alternating.py',
]
model = {{_base_.sodgan}}
optim_wrapper = {{_base_.alternating_optim_wrapper}}
custom_hooks = {{_base_.alternating_hooks}}
# The teacher: MMDetection's own, trained on the HR images.
load_from = 'https://download.openmmlab.com/mmdetection/v2.0/faster_rcnn/faster_rcnn_r50_fpn_1x_coco/faster_rcnn_r50_fpn_1x_coco_20200130-047c8118.pth'  # noqa: E501
