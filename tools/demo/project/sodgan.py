# SODGAN on images of half the side; data, start and schedule are those of baseline.py.
_base_ = [
    'baseline.py',
    __import__('mmdet_sodgan').CONFIGS + '_base_/models/sodgan_fpn_small_taught.py',
    __import__('mmdet_sodgan').CONFIGS + '_base_/schedules/alternating_short.py',
]
work_dir = '{{ fileDirname }}/work_dirs/sodgan'
model = _base_.sodgan
# Its finest level has half the stride, so that the teacher's anchors fit.
model['rpn_head']['anchor_generator']['scales'] = [4]
optim_wrapper = {{_base_.alternating_optim_wrapper}}
custom_hooks = {{_base_.alternating_hooks}}
