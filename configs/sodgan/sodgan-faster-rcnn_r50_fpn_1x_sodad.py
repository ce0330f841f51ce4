_base_ = [
    '../baselines/faster-rcnn_r50_fpn_lr_1x_sodad.py',
    '../_base_/models/sodgan_fpn.py',
    '../_base_/schedules/alternating.py',
]
model = _base_.sodgan
# The teacher's.
model['rpn_head']['anchor_generator'].update(scales=[2])
optim_wrapper = {{_base_.alternating_optim_wrapper}}
custom_hooks = {{_base_.alternating_hooks}}
# The teacher: train baselines/faster-rcnn_r50_fpn_hr_1x_sodad.py first.
load_from = 'work_dirs/faster-rcnn_r50_fpn_hr_1x_sodad/epoch_12.pth'
