# The control: the same network without HR supervision.
_base_ = './sodgan-faster-rcnn_r50_fpn_1x_coco.py'
model = dict(data_preprocessor=dict(with_hr=False), composite_loss=dict(_delete_=True))
