# What a project of `sodgan init` inherits for few images or a machine without GPU.
_base_ = [
    '../models/faster-rcnn_r18_fpn_small.py',
    '../datasets/project.py',
    '../schedules/adamw_12e.py',
    '../default_runtime.py',
]
# Both follow the length of the training, whatever max_epochs is.
param_scheduler = [
    dict(type='WarmUpLR', start_factor=0.01, by_epoch=False, max_length=100),
    dict(type='CosineAnnealingLR', eta_min_ratio=0.01, convert_to_iter_based=True),
]
# The projects' learning rates are for the batch size that stands beside them.
auto_scale_lr = dict(enable=True)
