# The low-resolution input, enlarged to the size that it was made from.
_base_ = [
    'mmdet::_base_/models/faster-rcnn_r50_fpn.py',
    '../_base_/schedules/schedule_1x.py',
    '../_base_/datasets/coco_detection_size.py',
    '../_base_/default_runtime.py',
]
model = dict(data_preprocessor=dict(type='UpscaledInputPreprocessor'))
