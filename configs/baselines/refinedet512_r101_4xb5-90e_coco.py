# Network and schedule (540,000 iterations of 20 images) are those of its authors' on
# ResNet-101; what is detected follows the paper, section 3.
_base_ = ['mmdet::ssd/ssd512_coco.py', '../_base_/coco_size_evaluator.py']
model = dict(
    data_preprocessor=dict(std=[58.395, 57.12, 57.375]),
    backbone=dict(
        _delete_=True,
        type='ResNet',
        depth=101,
        out_indices=(1, 2, 3),
        norm_eval=False,
        init_cfg=dict(type='Pretrained', checkpoint='torchvision://resnet101'),
    ),
    neck=dict(
        _delete_=True,
        type='RefineDetNeck',
        in_channels=[512, 1024, 2048],
        extra_channels=512,
        transfer_channels=256,
        out_channels=1024,
        norm_cfg=dict(type='BN'),
    ),
    bbox_head=dict(
        type='RefineDetHead',
        in_channels=[1024] * 4,
        anchor_generator=dict(
            _delete_=True,
            type='AnchorGenerator',
            scales=[4],
            ratios=[0.5, 1.0, 2.0],
            strides=[8, 16, 32, 64],
            center_offset=0.5,
        ),
    ),
    test_cfg=dict(nms_pre=400, score_thr=0.01),
)
train_dataloader = dict(batch_size=5)
optim_wrapper = dict(optimizer=dict(lr=1e-3))
# An epoch is five times the data.
train_cfg = dict(max_epochs=18)
param_scheduler = [
    dict(type='MultiStepLR', begin=0, end=18, milestones=[13, 16], gamma=0.1)
]
auto_scale_lr = dict(base_batch_size=20)
val_evaluator = {{_base_.size_evaluator}}
test_evaluator = {{_base_.size_evaluator}}
