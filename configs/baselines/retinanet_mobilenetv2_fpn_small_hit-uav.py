# RetinaNet on the LR image.
_base_ = [
    './faster-rcnn_mobilenetv2_fpn_small_hit-uav.py',
    '../_base_/models/retinanet_small.py',
]
model = dict(
    _delete_=True,
    **_base_.retinanet,
    data_preprocessor=_base_.model.data_preprocessor,
    backbone=_base_.model.backbone,
    neck=_base_.model.neck,
)
model['bbox_head']['num_classes'] = _base_.num_classes
