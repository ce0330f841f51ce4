# Feature super-resolution with matched receptive fields (Noh et al., ICCV 2019), to
# be laid over a config of sodgan_roi.py:
#     model = {{_base_.feature_sr}}
#     load_from = ...  # the same detector trained on LR images
feature_sr = dict(
    # The detector's own weights, and L_MSE for G alone.
    teacher=dict(type='AtrousTeacher', scale_factor=2, frozen=False),
    composite_loss=dict(
        adv=dict(loss_weight=1e-2), cls=None, reg=None, tv=None, align=None
    ),
)
