# The keypoint triplets of Duan et al., not the CenterNet of Zhou et al. that mmdet has.
# CornerNet's epochs: 180 of 210 at the first learning rate, 183 of 195 in the paper.
_base_ = [
    'mmdet::cornernet/cornernet_hourglass104_8xb6-210e-mstest_coco.py',
    '../_base_/coco_size_evaluator.py',
]
model = dict(
    bbox_head=dict(type='KeypointTripletHead'),
    test_cfg=dict(corner_topk=70),
)
optim_wrapper = dict(optimizer=dict(lr=2.5e-4))
val_evaluator = {{_base_.size_evaluator}}
test_evaluator = {{_base_.size_evaluator}}
