# Super-resolution by MSE alone, then the detector: the network of the generator at the
# image, but the detector's losses do not reach G, and there is no D.
_base_ = '../sodgan/sodgan-image-faster-rcnn_r18_fpn_small_deeppcb-160.py'
model = dict(
    detach_generator=True,
    composite_loss=dict(
        _delete_=True, mse=dict(relative=False, foreground_weight=None)
    ),
)
