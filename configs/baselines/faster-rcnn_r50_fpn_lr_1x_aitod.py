# What SODGAN is to be compared with: the same low-resolution input.
_base_ = './faster-rcnn_r50_fpn_hr_1x_aitod.py'
model = dict(
    data_preprocessor=dict(type='PairedResolutionPreprocessor', with_hr=False),
    # Half of those for HR images, as objects have half the side.
    rpn_head=dict(anchor_generator=dict(scales=[4])),
)
