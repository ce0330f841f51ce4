_base_ = '../sodgan/sodgan-faster-rcnn_r18_fpn_small_deeppcb-160.py'
model = dict(
    composite_loss=dict(_delete_=True, mse=dict(type='FeatureL1Loss', loss_weight=1.0)),
)
