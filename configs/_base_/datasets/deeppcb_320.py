# DeepPCB (https://github.com/tangsanli5201/DeepPCB) for detection at 320 px input
# with r = 2: the pipelines load the 640 px original, and the data preprocessor
# makes the 320 px image from it. Converted by
# tools/dataset_converters/deeppcb2coco.py.
_base_ = './image_pairs.py'
dataset_type = 'DeepPCBDataset'
data_root = 'data/deeppcb/'
num_classes = 6
hr_side = 640
# Edges in pixels of the object's side in the 640 px original.
size_buckets = [0, 28, 32, 40, 48, 64, 640]

resize = dict(type='Resize', scale=(hr_side, hr_side), keep_ratio=True)
train_pipeline = [
    resize if step['type'] == 'Resize' else step for step in _base_.train_pipeline
]
test_pipeline = [
    resize if step['type'] == 'Resize' else step for step in _base_.test_pipeline
]
train_dataloader = dict(
    num_workers=2,
    dataset=dict(
        type=dataset_type,
        data_root=data_root,
        ann_file='annotations/trainval.json',
        data_prefix=dict(img='PCBData/'),
        pipeline=train_pipeline,
    ),
)
val_dataloader = dict(
    num_workers=2,
    dataset=dict(
        type=dataset_type,
        data_root=data_root,
        ann_file='annotations/test.json',
        data_prefix=dict(img='PCBData/'),
        pipeline=test_pipeline,
    ),
)
test_dataloader = val_dataloader
val_evaluator = dict(
    ann_file=data_root + 'annotations/test.json', size_buckets=size_buckets
)
test_evaluator = val_evaluator
