# Up-scaled input, r = 4: the LR image of 160 px, enlarged to 640 px.
_base_ = './faster-rcnn_r18_fpn_small_upscaled_deeppcb-320.py'
model = dict(data_preprocessor=dict(scale_factor=4))
