# ResNet-18, 160 px, r = 2.
_base_ = './_deeppcb.py'
configs = dict(
    lr='baselines/faster-rcnn_r18_fpn_small_deeppcb-160.py',
    upscaled='baselines/faster-rcnn_r18_fpn_small_upscaled_deeppcb-160.py',
    oracle='baselines/faster-rcnn_r18_fpn_small_hr_deeppcb-160.py',
    sodgan='sodgan/sodgan-faster-rcnn_r18_fpn_small_deeppcb-160.py',
    image='sodgan/sodgan-image-faster-rcnn_r18_fpn_small_deeppcb-160.py',
    roi='sodgan/sodgan-roi-faster-rcnn_r18_fpn_small_deeppcb-160.py',
    rtmdet='baselines/rtmdet-tiny_deeppcb-160.py',
    rtmdet_upscaled='baselines/rtmdet-tiny_upscaled_deeppcb-160.py',
)
# The other places of the generator, and a one-stage detector of today, whose weights
# no oracle gives: it has the epochs of one.
rows = dict(
    roi=dict(label='SODGAN at the RoI', config='roi', teacher='oracle'),
    image=dict(label='SODGAN at the image', config='image', teacher='oracle'),
    **{
        f'rtmdet-tiny{name}': dict(
            label=f'RTMDet-tiny, {label}, from scratch, as long as the oracle',
            config=f'rtmdet{name}',
        )
        for name, label in {'': 'LR', '_upscaled': 'input resized 2'}.items()
    },
)
