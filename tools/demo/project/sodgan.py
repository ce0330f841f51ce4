# SODGAN on images of half the side; data, start and schedule are those of baseline.py.
_base_ = [
    'baseline.py',
    __import__('mmdet_sodgan').CONFIGS + '_base_/models/sodgan_fpn_small_taught.py',
    __import__('mmdet_sodgan').CONFIGS + '_base_/schedules/alternating_short.py',
]
work_dir = '{{ fileDirname }}/work_dirs/sodgan'
model = _base_.sodgan
# Of each level; the teacher has 200 on a level less.
model['test_cfg'] = dict(rpn=dict(nms_pre=140))
optim_wrapper = {{_base_.alternating_optim_wrapper}}
custom_hooks = {{_base_.alternating_hooks}}
