# Without a teacher: the target comes from a moving average of the detector itself.
_base_ = './sodgan-faster-rcnn_r50_fpn_1x_coco.py'
model = dict(
    teacher=dict(frozen=False),
    composite_loss=dict(
        adv=dict(loss_weight=1e-3),
        cls=dict(loss_weight=1e-2),
        reg=dict(loss_weight=1e-2),
        align=None,
    ),
)
custom_hooks = [
    dict(type='GANScheduleHook'),
    dict(type='TeacherHook'),
    dict(type='ReseedHook'),
    dict(type='GANWatchHook'),
]
load_from = None
