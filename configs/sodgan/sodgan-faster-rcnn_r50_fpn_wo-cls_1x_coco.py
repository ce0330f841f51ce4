_base_ = ['./sodgan-faster-rcnn_r50_fpn_1x_coco.py', '../_base_/models/as_published.py']
model = _base_.as_published
model['composite_loss']['cls'] = None
