# TinyPerson (https://github.com/ucas-vg/PointTinyBenchmark) at its own size. As in
# its benchmark: training on crops of 640 x 512 px with the ignored regions erased
# (the images of erase_with_uncertain_dataset), scores at IoU 0.25, 0.5 and 0.75
# with 200 detections. Unlike there, crops are random, and test images are not
# tiled. Converted by tools/dataset_converters/tinyperson2coco.py.
_base_ = './small_object_coco.py'
data_root = 'data/tinyperson/'
num_classes = 1
max_dets = 200
crop = dict(type='RandomCrop', crop_size=(640, 512))
keep_size = dict(type='Resize', scale_factor=1.0, keep_ratio=True)
dataset = dict(data_root=data_root, metainfo=dict(classes=('person',)))
train_pipeline = [
    crop if step['type'] == 'Resize' else step for step in _base_.train_pipeline
]
test_pipeline = [
    keep_size if step['type'] == 'Resize' else step for step in _base_.test_pipeline
]
train_dataloader = dict(
    dataset=dict(
        **dataset,
        ann_file='converted/train.json',
        data_prefix=dict(img='erase_with_uncertain_dataset/train/'),
        pipeline=train_pipeline,
    ),
)
val_dataloader = dict(
    dataset=dict(
        **dataset,
        ann_file='converted/test.json',
        data_prefix=dict(img='test/'),
        pipeline=test_pipeline,
    ),
)
test_dataloader = val_dataloader
val_evaluator = dict(
    ann_file=data_root + 'converted/test.json',
    iou_thrs=[0.25, 0.5, 0.75],
    # mmdet's bbox_mAP itself is always at 100 detections.
    proposal_nums=(1, 100, max_dets),
    size_buckets='tinyperson',
    size_max_dets=max_dets,
)
test_evaluator = val_evaluator
