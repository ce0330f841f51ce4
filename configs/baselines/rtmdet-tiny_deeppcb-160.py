# A one-stage detector of today on the LR image.
_base_ = [
    '../_base_/models/rtmdet_tiny.py',
    '../_base_/datasets/deeppcb_160.py',
    '../_base_/schedules/adamw_12e.py',
    '../_base_/default_runtime.py',
]
model = dict(
    data_preprocessor=dict(type='PairedResolutionPreprocessor', with_hr=False),
    bbox_head=dict(num_classes={{_base_.num_classes}}),
)
