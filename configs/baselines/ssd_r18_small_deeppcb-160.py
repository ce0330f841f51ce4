# SSD on the LR image.
_base_ = ['./faster-rcnn_r18_fpn_small_deeppcb-160.py', '../_base_/models/ssd_small.py']
model = dict(
    _delete_=True,
    **_base_.ssd,
    data_preprocessor=_base_.model.data_preprocessor,
    backbone=_base_.model.backbone,
)
_channels = (64, 128, 256, 512)
model['neck'].update(in_channels=_channels, out_channels=(*_channels, 256))
model['bbox_head'].update(in_channels=(*_channels, 256), num_classes=_base_.num_classes)
