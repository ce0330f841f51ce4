# AI-TOD (https://github.com/jwwangchn/AI-TOD) at its own 800 px, trained on trainval
# and scored on test with up to 1500 detections, as is usual. Its annotations are
# COCO JSON and need no conversion.
_base_ = './small_object_coco.py'
data_root = 'data/aitod/'
num_classes = 8
max_dets = 1500
resize = dict(type='Resize', scale=(800, 800), keep_ratio=True)
dataset = dict(
    data_root=data_root,
    metainfo=dict(
        classes=(
            'airplane',
            'bridge',
            'storage-tank',
            'ship',
            'swimming-pool',
            'vehicle',
            'person',
            'wind-mill',
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
        ann_file='annotations/aitod_trainval_v1.json',
        data_prefix=dict(img='trainval/images/'),
        pipeline=train_pipeline,
    ),
)
val_dataloader = dict(
    dataset=dict(
        **dataset,
        ann_file='annotations/aitod_test_v1.json',
        data_prefix=dict(img='test/images/'),
        pipeline=test_pipeline,
    ),
)
test_dataloader = val_dataloader
val_evaluator = dict(
    ann_file=data_root + 'annotations/aitod_test_v1.json',
    # mmdet's bbox_mAP itself is always at 100 detections.
    proposal_nums=(1, 100, max_dets),
    size_buckets='aitod',
    size_max_dets=max_dets,
)
test_evaluator = val_evaluator
