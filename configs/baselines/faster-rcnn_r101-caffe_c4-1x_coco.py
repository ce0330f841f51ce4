_base_ = './faster-rcnn_r50-caffe_c4-1x_coco.py'
model = dict(
    backbone=dict(
        depth=101,
        init_cfg=dict(
            type='Pretrained', checkpoint='open-mmlab://detectron2/resnet101_caffe'
        ),
    ),
    roi_head=dict(
        shared_head=dict(
            depth=101,
            init_cfg=dict(
                type='Pretrained', checkpoint='open-mmlab://detectron2/resnet101_caffe'
            ),
        )
    ),
)
