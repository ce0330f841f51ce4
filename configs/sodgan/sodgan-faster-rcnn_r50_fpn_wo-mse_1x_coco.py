_base_ = './sodgan-faster-rcnn_r50_fpn_1x_coco.py'
model = dict(composite_loss=dict(mse=None))
