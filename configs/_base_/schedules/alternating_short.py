# For few iterations: what the teacher has not, starts from random weights and
# learns four times as fast; and the teacher lets go of a student that passes it
# (docs/lab_notes/experiments.md, sections 4 and 6).
_base_ = './alternating.py'
alternating_optim_wrapper = dict(
    paramwise_cfg=dict(custom_keys={'generator': dict(lr_mult=4.0)})
)
alternating_hooks = [
    dict(
        type='GANScheduleHook',
        reconstruction=[(0.0, 1.0), (0.5, 1.0), (0.8, 0.0)],
    ),
    dict(type='TeacherHook'),
    dict(type='SubspaceStartHook'),
    dict(type='ReseedHook'),
    # Acts where the generator has BatchNorm (section 7).
    dict(type='PreciseBNHook'),
    dict(type='GANWatchHook'),
]
