# CenterNet, the keypoint triplets of Duan et al., on the LR image.
_base_ = './cornernet_r18_small_deeppcb-160.py'
model = dict(bbox_head=dict(type='KeypointTripletHead'), test_cfg=dict(corner_topk=70))
