# Trained and tested on the HR images of VisDrone. Its checkpoint is the teacher of
# SODGAN.
_base_ = [
    'mmdet::_base_/models/faster-rcnn_r50_fpn.py',
    '../_base_/schedules/schedule_1x.py',
    '../_base_/datasets/visdrone.py',
    '../_base_/default_runtime.py',
]
model = dict(
    roi_head=dict(bbox_head=dict(num_classes={{_base_.num_classes}})),
    test_cfg=dict(rcnn=dict(max_per_img={{_base_.max_dets}})),
)
