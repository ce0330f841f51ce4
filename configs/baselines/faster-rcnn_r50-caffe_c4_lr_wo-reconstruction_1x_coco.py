# SODGAN without its reconstruction module, and so without all that learns from it:
# the plain detector on the same low-resolution input, from the same weights.
_base_ = './faster-rcnn_r50-caffe_c4_lr_1x_coco.py'
load_from = 'https://download.openmmlab.com/mmdetection/v2.0/faster_rcnn/faster_rcnn_r50_caffe_c4_1x_coco/faster_rcnn_r50_caffe_c4_1x_coco_20220316_150152-3f885b85.pth'  # noqa: E501
