_base_ = [
    'mmdet::mask_rcnn/mask-rcnn_r50-caffe-c4_1x_coco.py',
    '../_base_/coco_size_evaluator.py',
]
# As in mmdet's Faster R-CNN: its Mask R-CNN starts the fifth stage from random
# weights, whose frozen BatchNorm cannot adapt.
model = dict(
    roi_head=dict(
        shared_head=dict(
            init_cfg=dict(
                type='Pretrained', checkpoint='open-mmlab://detectron2/resnet50_caffe'
            )
        )
    )
)
val_evaluator = {{_base_.size_evaluator}}
test_evaluator = {{_base_.size_evaluator}}
