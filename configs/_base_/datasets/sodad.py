# SODA-D (https://shaunyuan22.github.io/SODA): the 800 px patches that its own
# splitter cuts, enlarged to 1200 px as in its benchmark. Patches are scored as they
# are; the benchmark puts the patches' detections together first, so that its AP is
# another figure. With r = 2 the LR image has 600 px, and of the factor to the HR
# image true detail goes to 800 px only. Converted by
# tools/dataset_converters/sodad2coco.py.
_base_ = './small_object_coco.py'
data_root = 'data/sodad/'
num_classes = 9
max_dets = 1000
resize = dict(type='Resize', scale=(1200, 1200), keep_ratio=True)
dataset = dict(
    data_root=data_root,
    metainfo=dict(
        classes=(
            'people',
            'rider',
            'bicycle',
            'motor',
            'vehicle',
            'traffic-sign',
            'traffic-light',
            'traffic-camera',
            'warning-cone',
        )
    ),
)
train_pipeline = [
    resize if step['type'] == 'Resize' else step for step in _base_.train_pipeline
]
test_pipeline = [
    resize if step['type'] == 'Resize' else step for step in _base_.test_pipeline
]
train_dataloader = dict(
    dataset=dict(
        **dataset,
        ann_file='converted/train.json',
        data_prefix=dict(img='Images/train/'),
        pipeline=train_pipeline,
    ),
)
val_dataloader = dict(
    dataset=dict(
        **dataset,
        ann_file='converted/val.json',
        data_prefix=dict(img='Images/val/'),
        pipeline=test_pipeline,
    ),
)
test_dataloader = dict(
    dataset=dict(
        **dataset,
        ann_file='converted/test.json',
        data_prefix=dict(img='Images/test/'),
        pipeline=test_pipeline,
    ),
)
val_evaluator = dict(
    ann_file=data_root + 'converted/val.json',
    # mmdet's bbox_mAP itself is always at 100 detections.
    proposal_nums=(100, 300, max_dets),
    size_buckets='sodad',
    size_max_dets=max_dets,
)
test_evaluator = dict(val_evaluator, ann_file=data_root + 'converted/test.json')
