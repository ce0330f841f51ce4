# r = 4: from the 640 px original to 160 px, reconstructed at stride 1.
_base_ = './sodgan-faster-rcnn_r18_fpn_small_deeppcb-320.py'
model = dict(
    data_preprocessor=dict(scale_factor=4),
    # At stride 1, 48 channels take 2.3 times the LR baseline's time, 32 take 1.9.
    generator=dict(mid_channels=32),
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
