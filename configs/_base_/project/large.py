# What a project of `sodgan init` inherits for many images and a machine with GPUs.
_base_ = [
    'mmdet::_base_/models/faster-rcnn_r50_fpn.py',
    '../datasets/project.py',
    '../schedules/schedule_1x.py',
    '../default_runtime.py',
]
# Both follow the length of the training, whatever max_epochs is.
param_scheduler = [
    dict(type='WarmUpLR', by_epoch=False),
    dict(type='CosineAnnealingLR', eta_min_ratio=0.01, convert_to_iter_based=True),
]
optim_wrapper = dict(clip_grad=dict(max_norm=35))
