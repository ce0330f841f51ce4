# The teacher: a plain detector on the images as they are, 192 px. The two others
# inherit from it. `make demo` copies the three into a project, beside its data.
_base_ = __import__('mmdet_sodgan').CONFIGS + '_base_/project/small.py'
work_dir = '{{ fileDirname }}/work_dirs/teacher'
# With this key `sodgan train` goes on with a training that was interrupted.
teacher = None
max_epochs = 6
train_cfg = dict(max_epochs=max_epochs, val_interval=max_epochs)
classes = ('car', 'van', 'truck', 'boat')
data_root = '{{ fileDirname }}/data/'
# Edges in px of an object's side, the square root of its box's area.
size_buckets = [0, 12, 16, 24, 192]

# A quarter of ResNet-18's width, as it has minutes to learn on two cores.
channels = 64
model = dict(
    backbone=dict(base_channels=32),
    neck=dict(in_channels=[32, 64, 128, 256], out_channels=channels),
    rpn_head=dict(in_channels=channels, feat_channels=channels),
    roi_head=dict(
        bbox_roi_extractor=dict(out_channels=channels),
        bbox_head=dict(
            in_channels=channels, fc_out_channels=128, num_classes=len(classes)
        ),
    ),
    train_cfg=dict(rpn_proposal=dict(nms_pre=300, max_per_img=100)),
    test_cfg=dict(rpn=dict(nms_pre=200, max_per_img=60)),
)
optim_wrapper = dict(optimizer=dict(lr=1e-3))
param_scheduler = [
    dict(type='LinearLR', start_factor=0.01, by_epoch=False, begin=0, end=30),
    dict(type='CosineAnnealingLR', eta_min_ratio=0.01, convert_to_iter_based=True),
]
auto_scale_lr = dict(base_batch_size=2)

resize = dict(type='Resize', scale=(192, 192), keep_ratio=True)
# Seen from above, an image may be turned over both ways.
flip = dict(
    type='RandomFlip', prob=[0.25] * 3, direction=['horizontal', 'vertical', 'diagonal']
)
changed = dict(Resize=resize, RandomFlip=flip)
drawn = dict(metainfo=dict(classes=classes), data_root=data_root)
train_dataloader = dict(
    batch_size=2,
    num_workers=0,
    dataset=dict(
        **drawn,
        ann_file='train.json',
        data_prefix=dict(img='train/'),
        pipeline=[changed.get(step['type'], step) for step in _base_.train_pipeline],
    ),
)
val_dataloader = dict(
    num_workers=0,
    dataset=dict(
        **drawn,
        ann_file='val.json',
        data_prefix=dict(img='val/'),
        pipeline=[changed.get(step['type'], step) for step in _base_.test_pipeline],
    ),
)
test_dataloader = val_dataloader
val_evaluator = dict(ann_file=data_root + 'val.json', size_buckets=size_buckets)
test_evaluator = val_evaluator
