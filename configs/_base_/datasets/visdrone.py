# VisDrone-DET at the size of COCO's pipeline, scored on its validation split with
# COCO's ranges of size, as is usual, and 500 detections, as by its own toolkit.
# Converted by tools/dataset_converters/visdrone2coco.py.
_base_ = './small_object_coco.py'
data_root = 'data/visdrone/'
num_classes = 10
max_dets = 500
dataset = dict(
    data_root=data_root,
    metainfo=dict(
        classes=(
            'pedestrian',
            'people',
            'bicycle',
            'car',
            'van',
            'truck',
            'tricycle',
            'awning-tricycle',
            'bus',
            'motor',
        )
    ),
)
train_dataloader = dict(
    dataset=dict(
        **dataset,
        ann_file='annotations/train.json',
        data_prefix=dict(img='VisDrone2019-DET-train/images/'),
    ),
)
val_dataloader = dict(
    dataset=dict(
        **dataset,
        ann_file='annotations/val.json',
        data_prefix=dict(img='VisDrone2019-DET-val/images/'),
    ),
)
test_dataloader = val_dataloader
val_evaluator = dict(
    ann_file=data_root + 'annotations/val.json',
    # mmdet's bbox_mAP itself is always at 100 detections.
    proposal_nums=(1, 100, max_dets),
    size_max_dets=max_dets,
)
test_evaluator = val_evaluator
