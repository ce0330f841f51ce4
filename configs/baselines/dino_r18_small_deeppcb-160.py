# DINO on the LR image.
_base_ = [
    './faster-rcnn_r18_fpn_small_deeppcb-160.py',
    '../_base_/models/dino_small.py',
]
model = dict(
    _delete_=True,
    **_base_.dino,
    data_preprocessor=_base_.model.data_preprocessor,
    backbone=_base_.model.backbone,
)
model['backbone']['out_indices'] = (1, 2, 3)
model['neck']['in_channels'] = [128, 256, 512]
model['bbox_head']['num_classes'] = _base_.num_classes
# Of mmdet's config, for a batch of 16.
optim_wrapper = dict(
    optimizer=dict(lr=1e-4, weight_decay=1e-4),
    clip_grad=dict(max_norm=0.1),
    paramwise_cfg=dict(custom_keys=dict(backbone=dict(lr_mult=0.1))),
)
