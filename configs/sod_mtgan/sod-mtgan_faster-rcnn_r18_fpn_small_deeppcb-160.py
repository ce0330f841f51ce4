_base_ = [
    '../baselines/faster-rcnn_r18_fpn_small_deeppcb-160.py',
    '../_base_/models/sod_mtgan_small.py',
    '../_base_/schedules/alternating.py',
]
model = {{_base_.sod_mtgan}}
optim_wrapper = {{_base_.alternating_optim_wrapper}}
custom_hooks = {{_base_.alternating_hooks}}
# The start, as of the other methods: train
# baselines/faster-rcnn_r18_fpn_small_hr_deeppcb-160.py first.
load_from = 'work_dirs/faster-rcnn_r18_fpn_small_hr_deeppcb-160/epoch_12.pth'
