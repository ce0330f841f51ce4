# Trained and tested on the HR images of SODA-D. Its checkpoint is the teacher of
# SODGAN.
_base_ = [
    'mmdet::_base_/models/faster-rcnn_r50_fpn.py',
    '../_base_/schedules/schedule_1x.py',
    '../_base_/datasets/sodad.py',
    '../_base_/default_runtime.py',
]
model = dict(
    # As in its benchmark.
    rpn_head=dict(anchor_generator=dict(scales=[2])),
    roi_head=dict(bbox_head=dict(num_classes={{_base_.num_classes}})),
    test_cfg=dict(rcnn=dict(max_per_img={{_base_.max_dets}})),
)
