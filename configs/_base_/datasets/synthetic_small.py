# Synthetic small objects, made by tools/dataset_converters/make_synthetic.py.
_base_ = './image_pairs.py'
dataset_type = 'SyntheticSmallObjectDataset'
data_root = 'data/synthetic/'
num_classes = 6
# Edges in pixels of the object's side in the image on disk.
size_buckets = [0, 8, 12, 20, 32, 64]

train_dataloader = dict(
    dataset=dict(
        type=dataset_type,
        data_root=data_root,
        ann_file='annotations/train.json',
        data_prefix=dict(img='train/'),
    )
)
val_dataloader = dict(
    dataset=dict(
        type=dataset_type,
        data_root=data_root,
        ann_file='annotations/val.json',
        data_prefix=dict(img='val/'),
    )
)
test_dataloader = val_dataloader
val_evaluator = dict(
    ann_file=data_root + 'annotations/val.json', size_buckets=size_buckets
)
test_evaluator = val_evaluator
