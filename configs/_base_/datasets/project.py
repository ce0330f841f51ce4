# The data set of a project of `sodgan init`, which adds the files, classes, size of
# image and size buckets.
_base_ = './image_pairs.py'
train_dataloader = dict(num_workers=2, dataset=dict(type='SmallObjectCocoDataset'))
val_dataloader = dict(num_workers=2, dataset=dict(type='SmallObjectCocoDataset'))
test_dataloader = val_dataloader
