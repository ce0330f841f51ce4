_base_ = [
    'mmdet::_base_/models/retinanet_r50_fpn.py',
    '../_base_/schedules/schedule_1x.py',
    '../_base_/datasets/coco_detection_size.py',
    '../_base_/default_runtime.py',
    '../_base_/models/sodgan_retinanet.py',
    '../_base_/schedules/alternating.py',
]
model = {{_base_.sodgan}}
optim_wrapper = dict(
    constructor={{_base_.alternating_optim_wrapper.constructor}},
    discriminator={{_base_.alternating_optim_wrapper.discriminator}},
    # As mmdet's RetinaNet.
    optimizer=dict(lr=0.01),
)
custom_hooks = {{_base_.alternating_hooks}}
# The teacher: MMDetection's own, trained on the HR images.
load_from = 'https://download.openmmlab.com/mmdetection/v2.0/retinanet/retinanet_r50_fpn_1x_coco/retinanet_r50_fpn_1x_coco_20200130-c2398f9e.pth'  # noqa: E501
