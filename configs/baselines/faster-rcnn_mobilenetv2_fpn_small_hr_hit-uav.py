# The oracle: trained and tested on the HR image (640 x 512 px). Its checkpoint is the
# teacher of SODGAN.
_base_ = [
    '../_base_/models/faster-rcnn_mobilenetv2_fpn_small.py',
    '../_base_/datasets/hit_uav.py',
    '../_base_/schedules/adamw_12e.py',
    '../_base_/default_runtime.py',
]
model = dict(roi_head=dict(bbox_head=dict(num_classes={{_base_.num_classes}})))
