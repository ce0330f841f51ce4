# The low-resolution baseline: trained and tested on the LR image alone.
_base_ = [
    '../_base_/models/faster-rcnn_r18_fpn_small.py',
    '../_base_/datasets/synthetic_sizes.py',
    '../_base_/schedules/adamw_12e.py',
    '../_base_/default_runtime.py',
]
model = dict(
    data_preprocessor=dict(type='PairedResolutionPreprocessor', with_hr=False),
    # Half of those for HR images, as objects have half the side.
    rpn_head=dict(anchor_generator=dict(scales=[2])),
    roi_head=dict(bbox_head=dict(num_classes={{_base_.num_classes}})),
)
