_base_ = [
    '../baselines/faster-rcnn_r50_fpn_lr_1x_coco.py',
    '../_base_/models/sod_mtgan.py',
    '../_base_/schedules/alternating.py',
]
model = {{_base_.sod_mtgan}}
optim_wrapper = {{_base_.alternating_optim_wrapper}}
custom_hooks = {{_base_.alternating_hooks}}
