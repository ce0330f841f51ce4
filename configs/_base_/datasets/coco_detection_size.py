# COCO with the evaluation by object size added.
_base_ = 'mmdet::_base_/datasets/coco_detection.py'

val_evaluator = dict(
    type='SizeCocoMetric', metric=['bbox', 'bbox_size'], size_buckets='coco'
)
test_evaluator = val_evaluator
