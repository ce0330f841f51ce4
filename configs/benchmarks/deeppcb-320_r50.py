# ResNet-50, 320 px, r = 2: the HR image is the original of 640 px.
_base_ = './_deeppcb.py'
configs = dict(
    lr='baselines/faster-rcnn_r50_fpn_deeppcb-320.py',
    upscaled='baselines/faster-rcnn_r50_fpn_upscaled_deeppcb-320.py',
    oracle='baselines/faster-rcnn_r50_fpn_hr_deeppcb-320.py',
    sodgan='sodgan/sodgan-faster-rcnn_r50_fpn_deeppcb-320.py',
)
