# The control: the same network without HR supervision and without GAN.
_base_ = './sodgan-faster-rcnn_r18_fpn_small_deeppcb-160.py'
model = dict(composite_loss=dict(_delete_=True))
