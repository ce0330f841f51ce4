# EFPN-style: cross-resolution distillation without an adversary (README.md).
_base_ = '../sodgan/sodgan-faster-rcnn_r50_fpn_1x_coco.py'
model = dict(
    # Its distillation loss is an L1; it stands in the place of L_MSE.
    composite_loss=dict(_delete_=True, mse=dict(type='FeatureL1Loss', loss_weight=1.0)),
)
