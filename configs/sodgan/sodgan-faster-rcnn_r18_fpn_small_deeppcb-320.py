_base_ = [
    '../baselines/faster-rcnn_r18_fpn_small_deeppcb-320.py',
    '../_base_/models/sodgan_fpn_small.py',
    '../_base_/schedules/alternating_from_scratch.py',
]
model = {{_base_.sodgan}}
optim_wrapper = {{_base_.alternating_optim_wrapper}}
custom_hooks = {{_base_.alternating_hooks}}
