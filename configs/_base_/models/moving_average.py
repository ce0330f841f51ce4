# Where no teacher has been trained: a mean teacher, a moving average of the detector
# itself, and the hook's own points let it settle first.
#     model = {{_base_.moving_average}}
#     custom_hooks = {{_base_.moving_average_hooks}}
#     load_from = None
moving_average = dict(
    teacher=dict(frozen=False),
    composite_loss=dict(align=None),
)
moving_average_hooks = [
    dict(type='GANScheduleHook'),
    dict(type='TeacherHook'),
    dict(type='ReseedHook'),
    dict(type='GANWatchHook'),
]
