# sodgan_fpn.py and sodgan_fpn_small_taught.py with r = 4: from stride 4 to
# stride 1.
_base_ = './sodgan_fpn.py'
sodgan = dict(
    data_preprocessor=dict(scale_factor=4),
    # Fewer blocks, for four times the positions of r = 2: with 16 channels instead,
    # r = 2 lost 7 AP. GroupNorm, as BatchNorm's statistics fit an image less well than
    # its own (docs/lab_notes/experiments.md, sections 8 and 17).
    generator=dict(num_blocks=2),
    roi_head=dict(bbox_roi_extractor=dict(featmap_strides=[1, 4, 8, 16, 32])),
)
