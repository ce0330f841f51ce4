# For a detector that starts from its teacher's weights: the target is good from
# the first iteration.
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
