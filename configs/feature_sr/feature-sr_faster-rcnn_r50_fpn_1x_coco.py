_base_ = [
    '../sodgan/sodgan-roi-faster-rcnn_r50_fpn_1x_coco.py',
    '../_base_/models/feature_sr.py',
]
model = {{_base_.feature_sr}}
# Train baselines/faster-rcnn_r50_fpn_lr_1x_coco.py first.
load_from = 'work_dirs/faster-rcnn_r50_fpn_lr_1x_coco/epoch_12.pth'
