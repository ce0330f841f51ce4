# ResNet-101 in the place of ResNet-50, in a detector without FPN: its fifth stage is
# the RoI head's, and starts from the same weights.
_init_cfg = dict(
    type='Pretrained', checkpoint='open-mmlab://detectron2/resnet101_caffe'
)
resnet101_caffe_c4 = dict(
    backbone=dict(depth=101, init_cfg=_init_cfg),
    roi_head=dict(shared_head=dict(depth=101, init_cfg=_init_cfg)),
)
