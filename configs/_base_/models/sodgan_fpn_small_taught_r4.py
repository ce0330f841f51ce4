# r = 4: from stride 4 to stride 1.
_base_ = './sodgan_fpn_small_taught.py'
sodgan = dict(
    data_preprocessor=dict(scale_factor=4),
    # Four times the positions of r = 2.
    generator=dict(
        mid_channels=32,
        # BatchNorm's statistics fit an image less well than its own
        # (docs/lab_notes/experiments.md, section 8).
        norm_cfg=dict(_delete_=True, type='GN', num_groups=8),
    ),
    rpn_head=dict(
        anchor_generator=dict(
            strides=[1, 4, 8, 16, 32, 64],
            # The anchors of r = 2: by its stride those of the first level would be
            # half as large.
            base_sizes=[2, 4, 8, 16, 32, 64],
        )
    ),
    roi_head=dict(bbox_roi_extractor=dict(featmap_strides=[1, 4, 8, 16, 32])),
)
