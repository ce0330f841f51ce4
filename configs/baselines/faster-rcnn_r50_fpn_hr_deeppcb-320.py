# The oracle: trained and tested on the HR image (640 px). Its checkpoint is the
# teacher of SODGAN.
_base_ = [
    'mmdet::_base_/models/faster-rcnn_r50_fpn.py',
    '../_base_/datasets/deeppcb_320.py',
    '../_base_/schedules/adamw_12e.py',
    '../_base_/default_runtime.py',
]
model = dict(
    # As mmdet's heads, and also under bfloat16 autocast.
    rpn_head=dict(
        type='SODGANRPNHead',
        # Objects have 14 to 20 px at 320 px.
        anchor_generator=dict(scales=[4]),
    ),
    roi_head=dict(
        type='SODGANRoIHead',
        # A fixed 2 x 2 samples a bin: the adaptive number is slow on a CPU where
        # boxes are large, as in training (small ones take less by it).
        bbox_roi_extractor=dict(roi_layer=dict(sampling_ratio=2)),
        bbox_head=dict(num_classes={{_base_.num_classes}}),
    ),
)
# Pretrained weights take smaller steps.
optim_wrapper = dict(optimizer=dict(lr=1e-4))
