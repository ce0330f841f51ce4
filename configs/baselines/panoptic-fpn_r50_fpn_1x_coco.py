# Trained on COCO's panoptic annotations, scored by its boxes: tested as mmdet's
# Mask R-CNN, on the boxes' annotations, for which mmdet's Panoptic FPN has no output.
# mmdet reads the panoptic annotations with panopticapi, which is installed from
# https://github.com/cocodataset/panopticapi.
_base_ = [
    'mmdet::panoptic_fpn/panoptic-fpn_r50_fpn_1x_coco.py',
    '../_base_/coco_size_evaluator.py',
]
model = dict(
    type='PanopticFPNDetector',
    test_cfg=dict(rcnn=dict(score_thr=0.05, nms=dict(class_agnostic=False))),
)
test_pipeline = _base_.test_pipeline
test_pipeline[2] = dict(type='LoadAnnotations', with_bbox=True)
val_dataloader = dict(
    dataset=dict(
        type='CocoDataset',
        ann_file='annotations/instances_val2017.json',
        data_prefix=dict(_delete_=True, img='val2017/'),
        pipeline=test_pipeline,
    )
)
test_dataloader = val_dataloader
val_evaluator = dict(
    _delete_=True,
    ann_file='data/coco/annotations/instances_val2017.json',
    **_base_.size_evaluator,
)
test_evaluator = val_evaluator
