# HIT-UAV (https://doi.org/10.1038/s41597-023-02066-6), thermal images from a drone,
# for detection at 320 x 256 px input with r = 2: the pipelines load the original of
# 640 x 512 px, and the data preprocessor makes the LR image from it. Converted by
# tools/dataset_converters/hituav2coco.py, which splits it anew, by flight setting.
_base_ = './image_pairs.py'
dataset_type = 'SmallObjectCocoDataset'
data_root = 'data/hit_uav/'
metainfo = dict(classes=('Person', 'Car', 'Bicycle'))
num_classes = 3
hr_side = 640  # the longer one
# Edges in pixels of the object's side in the original.
size_buckets = [0, 16, 24, 32, 64, 96, 640]

resize = dict(type='Resize', scale=(hr_side, hr_side), keep_ratio=True)
train_pipeline = [
    resize if step['type'] == 'Resize' else step for step in _base_.train_pipeline
]
test_pipeline = [
    resize if step['type'] == 'Resize' else step for step in _base_.test_pipeline
]
dataset = dict(
    type=dataset_type,
    data_root=data_root,
    metainfo=metainfo,
    data_prefix=dict(img='normal_json/'),
)
train_dataloader = dict(
    num_workers=2,
    dataset=dict(**dataset, ann_file='annotations/train.json', pipeline=train_pipeline),
)
val_dataloader = dict(
    num_workers=2,
    dataset=dict(**dataset, ann_file='annotations/test.json', pipeline=test_pipeline),
)
test_dataloader = val_dataloader
val_evaluator = dict(
    ann_file=data_root + 'annotations/test.json', size_buckets=size_buckets
)
test_evaluator = val_evaluator
