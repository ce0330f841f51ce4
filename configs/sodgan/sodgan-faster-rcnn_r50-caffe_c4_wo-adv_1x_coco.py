_base_ = './sodgan-faster-rcnn_r50-caffe_c4-1x_coco.py'
model = dict(composite_loss=dict(adv=None))
