# MultiPath of Zagoruyko et al. (BMVC 2016): regions of four sizes about each RoI, of
# three stages, and classifiers for six thresholds of IoU. Proposals are an RPN's on
# conv5 in the place of DeepMask's. Backbone, RPN and schedule as in ION here.
_base_ = './ion_vgg16_1x_coco.py'
model = dict(
    neck=None,
    roi_head=dict(
        bbox_roi_extractor=dict(
            _delete_=True,
            type='FovealRoIExtractor',
            roi_layer=dict(type='RoIAlign', output_size=7, sampling_ratio=0),
            scales=[1.0, 1.5, 2.0, 4.0],
            # Of conv3, conv4 and conv5 the last.
            num_maps=[3, 2, 2, 1],
            in_channels=[256, 512, 512],
            featmap_strides=[4, 8, 16],
            out_channels=512,
        ),
        bbox_head=dict(
            type='MultiPathBBoxHead',
            num_regions=4,
            iou_thresholds=[0.5, 0.55, 0.6, 0.65, 0.7, 0.75],
        ),
    ),
)
