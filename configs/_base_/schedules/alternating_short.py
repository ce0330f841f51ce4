# For few iterations: what the teacher has not, starts from random weights and
# learns four times as fast (docs/experiments.md, section 4).
_base_ = './alternating.py'
alternating_optim_wrapper = dict(
    paramwise_cfg=dict(
        custom_keys={
            'generator': dict(lr_mult=4.0),
            'rpn_head.narrow': dict(lr_mult=4.0),
        }
    )
)
