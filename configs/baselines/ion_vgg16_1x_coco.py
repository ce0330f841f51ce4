# Inside-Outside Net of Bell et al. (CVPR 2016): RoI features of three stages and of
# context from recurrent layers. Proposals are an RPN's on conv5, learned along with
# the detector, in the place of selective search and MCG. Without its optional loss of
# semantic segmentation, with mmdet's schedule, and with fully connected layers that
# start from random weights instead of VGG-16's.
_base_ = [
    'mmdet::faster_rcnn/faster-rcnn_r50-caffe_c4-1x_coco.py',
    '../_base_/coco_size_evaluator.py',
]
model = dict(
    backbone=dict(
        _delete_=True,
        type='VGGMaps',
        init_cfg=dict(type='Pretrained', checkpoint='open-mmlab://vgg16_caffe'),
    ),
    neck=dict(type='IRNNContext', in_channels=512),
    rpn_head=dict(type='LastMapRPNHead', in_channels=512, feat_channels=512),
    roi_head=dict(
        _delete_=True,
        type='StandardRoIHead',
        bbox_roi_extractor=dict(
            type='SkipRoIExtractor',
            roi_layer=dict(type='RoIAlign', output_size=7, sampling_ratio=0),
            # Context, conv3, conv4, conv5.
            in_channels=[512, 256, 512, 512],
            featmap_strides=[16, 4, 8, 16],
            out_channels=512,
        ),
        bbox_head=dict(
            type='Shared2FCBBoxHead',
            in_channels=512,
            fc_out_channels=4096,
            roi_feat_size=7,
            num_classes=80,
        ),
    ),
)
# Fast R-CNN's 0.001 for 2 images, for 16.
optim_wrapper = dict(optimizer=dict(lr=0.008))
val_evaluator = {{_base_.size_evaluator}}
test_evaluator = {{_base_.size_evaluator}}
