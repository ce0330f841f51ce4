# For a detector that starts from its teacher's weights: the target is good from
# the first iteration, and what the teacher has not, starts from random weights.
_base_ = './alternating.py'
alternating_hooks = [
    dict(
        type='AlternatingOptimHook',
        reconstruction=[(0.0, 1.0)],
        discriminator_span=(0.1, 1.0),
        adversarial=[(0.3, 0.0), (0.4, 1.0)],
    ),
    dict(type='ReseedHook'),
]
alternating_optim_wrapper = dict(
    paramwise_cfg=dict(
        custom_keys={
            'generator': dict(lr_mult=4.0),
            'rpn_head.narrow': dict(lr_mult=4.0),
        }
    )
)
