# Two more epochs for a camera that is worse than the training images: its LR images,
# unlabelled and without an HR partner, teach through the discriminator.
_base_ = './sodgan-faster-rcnn_r18_fpn_small_deeppcb-160.py'
# Stands in for the camera; images of a real one take the pipelines without it.
camera = dict(
    type='Degrade',
    scale_factor=2,
    blur_sigma=(1.5, 1.5),
    noise_std=(10, 10),
    jpeg_quality=(40, 40),
)
load_and_resize = _base_.test_pipeline[:2]
test_pipeline = [*load_and_resize, camera, *_base_.test_pipeline[2:]]
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
        pipeline=[*load_and_resize, camera, dict(type='PackDetInputs')],
    ),
)
model = dict(
    # The test's images are LR images already.
    data_preprocessor=dict(test_mode='native'),
    roi_head=dict(num_sampled_rois=64),
    composite_loss=dict(adv=dict(loss_weight=0.03)),
)
custom_hooks = [*_base_.custom_hooks, dict(type='UnpairedImagesHook')]
train_cfg = dict(max_epochs=2, val_interval=1)
param_scheduler = [
    dict(type='LinearLR', start_factor=0.01, by_epoch=False, begin=0, end=100),
    dict(type='CosineAnnealingLR', T_max=2, eta_min=4e-6, convert_to_iter_based=True),
]
load_from = 'work_dirs/sodgan-faster-rcnn_r18_fpn_small_deeppcb-160/epoch_12.pth'
