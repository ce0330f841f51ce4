# CenterNet, the keypoint triplets of Duan et al., on the LR image.
_base_ = './cornernet_mobilenetv2_small_hit-uav.py'
model = dict(bbox_head=dict(type='KeypointTripletHead'), test_cfg=dict(corner_topk=70))
