# Six more epochs for a camera that is worse than the training images
# (docs/use_it/other_camera.md). Its images are LR images as they are, unlabelled and
# without an HR partner: they teach through the discriminator. Put its folder and files
# into unpaired_dataloader, and its test images into val_dataloader.
_base_ = './sodgan-faster-rcnn_r18_fpn_small_deeppcb-160.py'
lr_side = _base_.hr_side // 2
resize = dict(type='Resize', scale=(lr_side, lr_side), keep_ratio=True)
test_pipeline = [
    resize if step['type'] == 'Resize' else step for step in _base_.test_pipeline
]
# The unlabelled images are none of these.
train_dataloader = dict(dataset=dict(ann_file='annotations/trainval_400.json'))
val_dataloader = dict(dataset=dict(pipeline=test_pipeline))
test_dataloader = val_dataloader
unpaired_dataloader = dict(
    batch_size=4,
    num_workers=1,
    persistent_workers=False,
    sampler=dict(type='DefaultSampler', shuffle=True),
    dataset=dict(
        type=_base_.dataset_type,
        data_root=_base_.data_root,
        ann_file='annotations/unlabelled_450.json',
        data_prefix=dict(img='PCBData/'),
        test_mode=True,
        pipeline=[_base_.load_image, resize, dict(type='PackDetInputs')],
    ),
)
model = dict(
    data_preprocessor=dict(test_mode='native'),
    roi_head=dict(num_sampled_rois=64),
    composite_loss=dict(adv=dict(mode='non_saturating', loss_weight=0.3)),
)
# D learns from the first iteration of this short training.
schedule = dict(
    _base_.custom_hooks[0],
    discriminator_span=(0.0, 1.0),
    adversarial=[(0.1, 0.0), (0.2, 1.0)],
)
custom_hooks = [
    schedule,
    *_base_.custom_hooks[1:],
    dict(type='UnpairedImagesHook'),
]
train_cfg = dict(max_epochs=6, val_interval=2)
param_scheduler = [
    dict(type='LinearLR', start_factor=0.01, by_epoch=False, begin=0, end=20),
    dict(type='CosineAnnealingLR', T_max=6, eta_min=4e-6, convert_to_iter_based=True),
]
load_from = 'work_dirs/sodgan-faster-rcnn_r18_fpn_small_deeppcb-160/epoch_12.pth'
