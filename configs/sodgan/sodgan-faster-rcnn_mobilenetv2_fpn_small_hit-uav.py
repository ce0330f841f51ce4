_base_ = [
    '../baselines/faster-rcnn_mobilenetv2_fpn_small_hr_hit-uav.py',
    '../_base_/models/sodgan_fpn_small_taught.py',
    '../_base_/schedules/alternating_short.py',
]
model = _base_.sodgan
# At this size about as many candidates as the host's 500 a level, on a level more.
# Objects cover a fiftieth of an image (docs/lab_notes/experiments.md, section 20).
model['test_cfg'] = dict(rpn=dict(nms_pre=350), detail_thr=0.2)
optim_wrapper = {{_base_.alternating_optim_wrapper}}
custom_hooks = {{_base_.alternating_hooks}}
# The teacher: train baselines/faster-rcnn_mobilenetv2_fpn_small_hr_hit-uav.py first.
load_from = 'work_dirs/faster-rcnn_mobilenetv2_fpn_small_hr_hit-uav/epoch_12.pth'
