# The low-resolution baseline: trained and tested on the LR image (320 x 256 px) alone.
_base_ = './faster-rcnn_mobilenetv2_fpn_small_hr_hit-uav.py'
model = dict(
    data_preprocessor=dict(type='PairedResolutionPreprocessor', with_hr=False),
    # The smallest anchor has 8 px of the LR image, as in the rows with a finer level:
    # a tenth of the objects is below 6 px, and no anchor of 16 px would match them.
    rpn_head=dict(anchor_generator=dict(scales=[2])),
)
