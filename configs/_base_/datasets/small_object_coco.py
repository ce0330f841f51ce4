# COCO's pipelines and evaluation for another data set of small objects, whose
# annotations are checked. A data set adds its root, files, classes, size of image
# and number of detections.
_base_ = './coco_detection_size.py'
dataset_type = 'SmallObjectCocoDataset'
train_dataloader = dict(
    # Workers that live on would not draw the same augmentations after a resume.
    persistent_workers=False,
    dataset=dict(type=dataset_type),
)
val_dataloader = dict(persistent_workers=False, dataset=dict(type=dataset_type))
test_dataloader = val_dataloader
