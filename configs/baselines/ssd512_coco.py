_base_ = [
    'mmdet::ssd/ssd512_coco.py',
    '../_base_/coco_size_evaluator.py',
]
model = dict(bbox_head=dict(type='PredictingSSDHead'))
val_evaluator = {{_base_.size_evaluator}}
test_evaluator = {{_base_.size_evaluator}}
