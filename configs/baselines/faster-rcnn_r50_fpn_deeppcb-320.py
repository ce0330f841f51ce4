# The low-resolution baseline: trained and tested on the LR image alone.
_base_ = './faster-rcnn_r50_fpn_hr_deeppcb-320.py'
model = dict(
    data_preprocessor=dict(type='PairedResolutionPreprocessor', with_hr=False),
    # Half of those for HR images, as objects have half the side.
    rpn_head=dict(anchor_generator=dict(scales=[2])),
)
