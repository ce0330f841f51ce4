# The teacher is trained first, with
# baselines/faster-rcnn_r18_fpn_small_hr_deeppcb-160.py.
_base_ = [
    '../baselines/faster-rcnn_r18_fpn_small_deeppcb-160.py',
    '../_base_/models/sodgan_fpn_small_taught.py',
    '../_base_/schedules/alternating_taught.py',
]
model = {{_base_.sodgan}}
optim_wrapper = {{_base_.alternating_optim_wrapper}}
custom_hooks = {{_base_.alternating_hooks}}
# The weights that the teacher and the detector have in common.
load_from = {{_base_.teacher}}
