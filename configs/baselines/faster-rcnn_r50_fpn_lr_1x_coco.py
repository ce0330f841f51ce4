# What SODGAN's COCO configs are to be compared with: the same low-resolution
# input (half of 1333 x 800).
_base_ = [
    'mmdet::_base_/models/faster-rcnn_r50_fpn.py',
    '../_base_/schedules/schedule_1x.py',
    '../_base_/datasets/coco_detection_size.py',
    '../_base_/default_runtime.py',
]
model = dict(
    data_preprocessor=dict(type='PairedResolutionPreprocessor', with_hr=False),
    # Half of those for HR images, as objects have half the side.
    rpn_head=dict(anchor_generator=dict(scales=[4])),
)
