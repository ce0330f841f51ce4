_base_ = [
    '../baselines/faster-rcnn_r50_fpn_deeppcb-320.py',
    '../_base_/models/sodgan_fpn.py',
    '../_base_/schedules/alternating_short.py',
]
model = _base_.sodgan
# The teacher's.
model['rpn_head']['anchor_generator'].update(scales=[4])
optim_wrapper = {{_base_.alternating_optim_wrapper}}
custom_hooks = {{_base_.alternating_hooks}}
# The teacher: train baselines/faster-rcnn_r50_fpn_hr_deeppcb-320.py first.
load_from = 'work_dirs/faster-rcnn_r50_fpn_hr_deeppcb-320/epoch_12.pth'
