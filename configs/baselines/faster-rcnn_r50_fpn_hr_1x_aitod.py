# Trained and tested on the HR images of AI-TOD. Its checkpoint is the teacher of
# SODGAN.
_base_ = [
    'mmdet::_base_/models/faster-rcnn_r50_fpn.py',
    '../_base_/schedules/schedule_1x.py',
    '../_base_/datasets/aitod.py',
    '../_base_/default_runtime.py',
]
model = dict(
    roi_head=dict(bbox_head=dict(num_classes={{_base_.num_classes}})),
    # Its images hold up to 2667 objects; the numbers are those of its benchmark.
    train_cfg=dict(rpn_proposal=dict(nms_pre=3000, max_per_img=3000)),
    test_cfg=dict(
        rpn=dict(nms_pre=3000, max_per_img=3000), rcnn=dict(max_per_img=3000)
    ),
)
