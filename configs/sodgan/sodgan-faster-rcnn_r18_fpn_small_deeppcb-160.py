_base_ = [
    '../baselines/faster-rcnn_r18_fpn_small_deeppcb-160.py',
    '../_base_/models/sodgan_fpn_small_taught.py',
    '../_base_/schedules/alternating_short.py',
]
model = _base_.sodgan
# At this size about as many candidates as the host's 500 a level, on a level more.
model['test_cfg'] = dict(rpn=dict(nms_pre=350))
# On these images the terms through a discriminator of this form raise AP
# (docs/lab_notes/discriminator.md).
model['discriminator'] = dict(type='BoxHeadDiscriminator', fc_channels=256)
model['composite_loss'].update(
    adv=dict(loss_weight=0.03), cls=dict(loss_weight=0.3), reg=dict(loss_weight=0.3)
)
optim_wrapper = {{_base_.alternating_optim_wrapper}}
custom_hooks = {{_base_.alternating_hooks}}
# The teacher: train baselines/faster-rcnn_r18_fpn_small_hr_deeppcb-160.py first.
load_from = 'work_dirs/faster-rcnn_r18_fpn_small_hr_deeppcb-160/epoch_12.pth'
