# With a teacher, for data sets on which the student passes it: without the terms
# that G receives through D, which did not pay (docs/lab_notes/experiments.md,
# section 6). They and the discriminator come back with their weights: --cfg-options
# model.composite_loss.adv.loss_weight=0.01 model.composite_loss.cls.loss_weight=0.1
# model.composite_loss.reg.loss_weight=0.1
_base_ = './sodgan_fpn.py'
sodgan = dict(
    composite_loss=dict(
        adv=dict(loss_weight=0), cls=dict(loss_weight=0), reg=dict(loss_weight=0)
    )
)
