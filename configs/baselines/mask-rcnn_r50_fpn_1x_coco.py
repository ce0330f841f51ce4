_base_ = [
    'mmdet::mask_rcnn/mask-rcnn_r50_fpn_1x_coco.py',
    '../_base_/coco_size_evaluator.py',
]
val_evaluator = {{_base_.size_evaluator}}
test_evaluator = {{_base_.size_evaluator}}
