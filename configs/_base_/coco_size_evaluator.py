# What a whole COCO config of mmdet needs in order to be scored by object size:
#     _base_ = ['mmdet::...', '../_base_/coco_size_evaluator.py']
#     val_evaluator = {{_base_.size_evaluator}}
#     test_evaluator = {{_base_.size_evaluator}}
custom_imports = dict(imports=['mmdet_sodgan.registration'], allow_failed_imports=False)
size_evaluator = dict(
    type='SizeCocoMetric', metric=['bbox', 'bbox_size'], size_buckets='coco'
)
