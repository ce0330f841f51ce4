# The control: the same network without HR supervision and without GAN.
_base_ = './sodgan-faster-rcnn_r50_fpn_1x_coco.py'
model = dict(composite_loss=dict(_delete_=True))
