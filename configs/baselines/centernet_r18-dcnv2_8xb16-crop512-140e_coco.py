# The CenterNet of Zhou et al. ("Objects as Points"), not the keypoint triplets of
# Duan et al. that the source compares with, which mmdet has not.
_base_ = [
    'mmdet::centernet/centernet_r18-dcnv2_8xb16-crop512-140e_coco.py',
    '../_base_/coco_size_evaluator.py',
]
val_evaluator = {{_base_.size_evaluator}}
test_evaluator = {{_base_.size_evaluator}}
