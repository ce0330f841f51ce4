# The generator at the image, to be laid over any Faster R-CNN; the detector sees an
# image of HR size, so its anchors and levels stay as they are:
#     _base_ = ['mmdet::faster_rcnn/...', '../_base_/models/sodgan_image.py',
#               '../_base_/schedules/alternating.py']
#     model = {{_base_.sodgan}}
#     load_from = ...  # the same detector trained on HR images: the start
sodgan = dict(
    type='ImageSODGAN',
    data_preprocessor=dict(
        type='PairedResolutionPreprocessor', scale_factor=2, frame='hr', with_hr=True
    ),
    generator=dict(type='ImageGenerator', mid_channels=64, num_blocks=4),
    # Crops of 32 px: 16, 8, 4 and 2 cells a side.
    discriminator=dict(roi_feat_size=32, num_convs=4),
    composite_loss=dict(
        # Normalised images have one unit, the preprocessor's std, whatever the batch.
        mse=dict(loss_weight=1.0, relative=False),
        tv=dict(loss_weight=1e-4),
    ),
    # As mmdet's heads, and also under bfloat16 autocast.
    rpn_head=dict(type='SODGANRPNHead'),
    roi_head=dict(type='SODGANRoIHead'),
)
