# r = 4: from the 640 px original to 160 px.
_base_ = './faster-rcnn_r18_fpn_small_deeppcb-320.py'
model = dict(data_preprocessor=dict(scale_factor=4))
