_base_ = [
    '../sodgan/sodgan-roi-faster-rcnn_r18_fpn_small_deeppcb-160.py',
    '../_base_/models/feature_sr.py',
]
model = {{_base_.feature_sr}}
# The target is no teacher that has to let go.
custom_hooks = [
    dict(
        type='GANScheduleHook',
        reconstruction=[(0.0, 1.0)],
    ),
    dict(type='TeacherHook'),
    dict(type='ReseedHook'),
    dict(type='GANWatchHook'),
]
# Train baselines/faster-rcnn_r18_fpn_small_deeppcb-160.py first.
load_from = 'work_dirs/faster-rcnn_r18_fpn_small_deeppcb-160/epoch_12.pth'
