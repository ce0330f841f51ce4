_base_ = [
    '../baselines/faster-rcnn_r18_fpn_small_synthetic.py',
    '../_base_/models/sodgan_fpn.py',
    '../_base_/schedules/alternating.py',
]
model = {{_base_.sodgan}}
optim_wrapper = {{_base_.alternating_optim_wrapper}}
custom_hooks = {{_base_.alternating_hooks}}
