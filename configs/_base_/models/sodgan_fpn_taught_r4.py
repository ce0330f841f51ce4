# sodgan_fpn_taught.py and sodgan_fpn_small_taught.py with r = 4: from stride 4 to
# stride 1.
_base_ = './sodgan_fpn.py'
sodgan = dict(
    data_preprocessor=dict(scale_factor=4),
    # Fewer channels, for four times the positions of r = 2 (docs/lab_notes/speed.md:
    # 1.29 times the LR detector's time for one image; not trained in this form), and
    # with GroupNorm, as BatchNorm's statistics fit an image less well than its own
    # (docs/lab_notes/experiments.md, sections 8 and 17).
    generator=dict(mid_channels=16),
    roi_head=dict(bbox_roi_extractor=dict(featmap_strides=[1, 4, 8, 16, 32])),
    composite_loss=dict(
        adv=dict(loss_weight=0), cls=dict(loss_weight=0), reg=dict(loss_weight=0)
    ),
)
