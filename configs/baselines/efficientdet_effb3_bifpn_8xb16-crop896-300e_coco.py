# EfficientDet-D3: width and depth of neck and head, focal loss and schedule are those
# of Tan et al., CVPR 2020, table 1 and section 5.1. The box loss and the NMS, soft in
# the paper, are of mmdet's RetinaNet.
_base_ = [
    'mmdet::efficientnet/retinanet_effb3_fpn_8xb4-crop896-1x_coco.py',
    '../_base_/coco_size_evaluator.py',
]
norm_cfg = dict(type='SyncBN', requires_grad=True, eps=1e-3, momentum=0.01)
model = dict(
    neck=dict(
        _delete_=True,
        type='BiFPN',
        in_channels=[48, 136, 384],
        out_channels=160,
        num_layers=6,
        norm_cfg=norm_cfg,
    ),
    bbox_head=dict(
        type='EfficientDetHead',
        in_channels=160,
        feat_channels=160,
        norm_cfg=norm_cfg,
        loss_cls=dict(gamma=1.5),
    ),
)
train_pipeline = [
    dict(type='LoadImageFromFile', backend_args={{_base_.backend_args}}),
    dict(type='LoadAnnotations', with_bbox=True),
    dict(
        type='RandomResize',
        scale={{_base_.image_size}},
        ratio_range=(0.1, 2.0),
        keep_ratio=True,
    ),
    dict(type='RandomCrop', crop_size={{_base_.image_size}}),
    dict(type='RandomFlip', prob=0.5),
    dict(type='PackDetInputs'),
]
train_dataloader = dict(batch_size=16, dataset=dict(pipeline=train_pipeline))
optim_wrapper = dict(optimizer=dict(lr=0.16, weight_decay=4e-5))
max_epochs = 300
train_cfg = dict(max_epochs=max_epochs)
param_scheduler = [
    dict(type='LinearLR', start_factor=1e-3, end=1, convert_to_iter_based=True),
    dict(
        type='CosineAnnealingLR',
        eta_min=0,
        begin=1,
        end=max_epochs,
        convert_to_iter_based=True,
    ),
]
custom_hooks = [dict(type='EMAHook', momentum=2e-4, update_buffers=True)]
auto_scale_lr = dict(base_batch_size=128)
val_evaluator = {{_base_.size_evaluator}}
test_evaluator = {{_base_.size_evaluator}}
