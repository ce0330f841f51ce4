# What alternating optimisation adds to any schedule of mmdet:
#     optim_wrapper = {{_base_.alternating_optim_wrapper}}
#     custom_hooks = {{_base_.alternating_hooks}}
# The schedule's own optimizer trains all but the discriminator.
# With its scope, which mmengine does not add when it looks up a wrapper.
model_wrapper_cfg = dict(type='mmdet.AlternatingDistributedDataParallel')
alternating_hooks = [
    dict(
        type='GANScheduleHook',
        # A teacher's features are a good target from the first iteration.
        reconstruction=[(0.0, 1.0)],
    ),
    dict(type='TeacherHook'),
    dict(type='SubspaceStartHook'),
    dict(type='ReseedHook'),
    # Acts where the generator has BatchNorm.
    dict(type='PreciseBNHook'),
    dict(type='GANWatchHook'),
]
alternating_optim_wrapper = dict(
    constructor='GANOptimWrapperConstructor',
    discriminator=dict(
        type='OptimWrapper', optimizer=dict(type='Adam', lr=1e-4, betas=(0.5, 0.999))
    ),
)
