_base_ = [
    'mmdet::cornernet/cornernet_hourglass104_10xb5-crop511-210e-mstest_coco.py',
    '../_base_/coco_size_evaluator.py',
]
val_evaluator = {{_base_.size_evaluator}}
test_evaluator = {{_base_.size_evaluator}}
