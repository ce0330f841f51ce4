# CenterNet, the keypoint triplets of Duan et al., on the LR image.
_base_ = [
    './faster-rcnn_r18_fpn_small_deeppcb-160.py',
    '../_base_/models/keypoints_small.py',
]
model = dict(
    _delete_=True,
    **_base_.centernet,
    data_preprocessor=_base_.model.data_preprocessor,
    backbone=_base_.model.backbone,
    neck=_base_.model.neck,
)
model['bbox_head']['num_classes'] = _base_.num_classes
