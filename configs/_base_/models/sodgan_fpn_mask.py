# Over Mask R-CNN: masks are pooled from the reconstructed level, too.
_base_ = './sodgan_fpn.py'
sodgan = dict(
    roi_head=dict(
        mask_roi_extractor=dict(
            type='FineLevelRoIExtractor',
            featmap_strides=[2, 4, 8, 16, 32],
            finest_scale=28,
        )
    )
)
