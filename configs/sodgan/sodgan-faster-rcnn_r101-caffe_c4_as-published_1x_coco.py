_base_ = [
    './sodgan-faster-rcnn_r101-caffe_c4-1x_coco.py',
    '../_base_/models/as_published.py',
]
model = _base_.as_published
# A mean teacher knows less.
model['composite_loss'].update(
    adv=dict(loss_weight=1e-3), cls=dict(loss_weight=1e-2), reg=dict(loss_weight=1e-2)
)
