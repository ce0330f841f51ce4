# r = 4: from the 640 px original to 160 px, reconstructed at stride 1.
_base_ = './sodgan-faster-rcnn_r18_fpn_small_deeppcb-320.py'
model = dict(
    data_preprocessor=dict(scale_factor=4),
    generator=dict(
        # At stride 1 the width of r = 2 takes more than twice the LR baseline's time.
        mid_channels=32,
        # BatchNorm's statistics, measured or not, fit a board less well than its own:
        # up to 4.5 AP (docs/lab_notes/experiments.md, section 8).
        norm_cfg=dict(_delete_=True, type='GN', num_groups=8),
    ),
    rpn_head=dict(
        anchor_generator=dict(
            strides=[1, 4, 8, 16, 32, 64],
            # The anchors of r = 2, those of the first level on the finer grid: by
            # its stride their sides would be 4 px, and none would have 8.
            base_sizes=[2, 4, 8, 16, 32, 64],
        )
    ),
    roi_head=dict(bbox_roi_extractor=dict(featmap_strides=[1, 4, 8, 16, 32])),
)
