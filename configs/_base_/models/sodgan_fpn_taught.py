# With a teacher: the detector trained on HR images, from whose weights the training
# starts. A config that takes these parts sets load_from.
_base_ = './sodgan_fpn.py'
sodgan = dict(
    hr_branch=dict(frozen=True),
    composite_loss=dict(
        # A trained target bears more weight than a moving average.
        adv=dict(loss_weight=1e-2),
        cls=dict(loss_weight=0.1),
        reg=dict(loss_weight=0.1),
        align=dict(loss_weight=1.0),
    ),
)
