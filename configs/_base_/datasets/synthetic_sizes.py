# Synthetic objects from 6 to 180 px, the image's side being 256 px.
_base_ = './synthetic_small.py'
data_root = 'data/synthetic_sizes/'
# Edges in pixels of the object's side in the image on disk.
size_buckets = [0, 16, 32, 64, 112, 256]
train_dataloader = dict(dataset=dict(data_root=data_root))
val_dataloader = dict(dataset=dict(data_root=data_root))
test_dataloader = val_dataloader
val_evaluator = dict(
    ann_file=data_root + 'annotations/val.json', size_buckets=size_buckets
)
test_evaluator = val_evaluator
