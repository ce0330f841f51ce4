# The nearest to EfficientDet in mmdet: its backbone, but an FPN for the BiFPN.
_base_ = [
    'mmdet::efficientnet/retinanet_effb3_fpn_8xb4-crop896-1x_coco.py',
    '../_base_/coco_size_evaluator.py',
]
val_evaluator = {{_base_.size_evaluator}}
test_evaluator = {{_base_.size_evaluator}}
