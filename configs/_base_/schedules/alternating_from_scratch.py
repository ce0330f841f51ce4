# For networks that start from random weights: a mean teacher is worth nothing
# until the detector has learned something, so all terms start later.
_base_ = './alternating.py'
alternating_hooks = [
    dict(
        type='GANScheduleHook',
        reconstruction=[(0.3, 0.0), (0.4, 1.0)],
        discriminator_span=(0.3, 1.0),
        adversarial=[(0.4, 0.0), (0.5, 1.0)],
    ),
    dict(type='TeacherHook'),
    dict(type='ReseedHook'),
    dict(type='GANWatchHook'),
]
