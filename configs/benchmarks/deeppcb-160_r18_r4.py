# ResNet-18, 160 px, r = 4: the HR image is the original of 640 px.
_base_ = './_deeppcb.py'
configs = dict(
    lr='baselines/faster-rcnn_r18_fpn_small_r4_deeppcb-160.py',
    upscaled='baselines/faster-rcnn_r18_fpn_small_r4_upscaled_deeppcb-160.py',
    oracle='baselines/faster-rcnn_r18_fpn_small_hr_deeppcb-320.py',
    sodgan='sodgan/sodgan-faster-rcnn_r18_fpn_small_r4_deeppcb-160.py',
)
