# COCO with masks, and with the evaluation by object size added.
_base_ = 'mmdet::_base_/datasets/coco_instance.py'

val_evaluator = dict(
    type='SizeCocoMetric', metric=['bbox', 'segm', 'bbox_size'], size_buckets='coco'
)
test_evaluator = val_evaluator
