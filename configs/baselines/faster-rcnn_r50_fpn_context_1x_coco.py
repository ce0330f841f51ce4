# Contextual information: RoI features joined with those of the surroundings, at the
# same low-resolution input.
_base_ = './faster-rcnn_r50_fpn_lr_1x_coco.py'
model = dict(roi_head=dict(bbox_roi_extractor=dict(type='ContextRoIExtractor')))
