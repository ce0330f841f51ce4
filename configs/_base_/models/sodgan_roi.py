# The generator on the pooled features of small RoIs, to be laid over any two-stage
# detector with a StandardRoIHead, as sodgan_fpn.py is:
#     _base_ = ['mmdet::faster_rcnn/...', '../_base_/models/sodgan_roi.py',
#               '../_base_/schedules/alternating.py']
#     model = {{_base_.sodgan}}
#     load_from = ...  # the same detector trained on HR images: the teacher
_base_ = './hr_supervision.py'
sodgan = dict(
    type='RoISODGAN',
    generator=dict(
        type='RoIGenerator',
        mid_channels=128,
        num_blocks=2,
        norm_cfg=dict(type='GN', num_groups=8),
    ),
    # As mmdet's, and also under bfloat16 autocast.
    rpn_head=dict(type='SODGANRPNHead'),
    roi_head=dict(type='ReconstructingRoIHead', max_small_side=32),
)
