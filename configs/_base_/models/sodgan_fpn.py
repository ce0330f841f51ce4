# The generative and discriminative part, to be laid over any two-stage detector
# with an FPN whose finest stride is 4 and mmdet's StandardRoIHead:
#     _base_ = ['mmdet::faster_rcnn/...', '../_base_/models/sodgan_fpn.py',
#               '../_base_/schedules/alternating.py']
#     model = {{_base_.sodgan}}
#     load_from = ...  # the same detector trained on HR images: the teacher
_base_ = './hr_supervision.py'
sodgan = dict(
    type='SODGAN',
    generator=dict(
        type='NarrowPyramidGenerator',
        in_stride=4,
        mid_channels=32,
        num_blocks=4,
        norm_cfg=dict(type='GN', num_groups=8),
    ),
    # The scale is the teacher's, and a level of the host has the anchors of the level
    # of the teacher that covers as many pixels of the HR image with a cell (L_align
    # makes it look alike). The first level is the reconstructed one, at every r-th
    # position, with anchors of half the next one's size.
    rpn_head=dict(
        type='FineLevelRPNHead',
        anchor_generator=dict(
            strides=[4, 4, 8, 16, 32, 64],
            base_sizes=[2, 4, 8, 16, 32, 64],
            scales=[8],
        ),
    ),
    roi_head=dict(
        type='SODGANRoIHead',
        # Half of mmdet's 56: the ordinary levels keep their RoIs, the new one
        # takes those with sqrt(w * h) < 56 px.
        bbox_roi_extractor=dict(
            type='FineLevelRoIExtractor',
            featmap_strides=[2, 4, 8, 16, 32],
            finest_scale=28,
        ),
    ),
)
