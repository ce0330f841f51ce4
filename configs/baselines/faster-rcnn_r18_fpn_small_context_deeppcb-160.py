# Contextual information: RoI features joined with those of the surroundings.
_base_ = './faster-rcnn_r18_fpn_small_deeppcb-160.py'
model = dict(roi_head=dict(bbox_roi_extractor=dict(type='ContextRoIExtractor')))
