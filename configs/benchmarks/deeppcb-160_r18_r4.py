# ResNet-18, 160 px, r = 4: the HR image is the original of 640 px.
_base_ = './_deeppcb.py'
configs = dict(
    lr='baselines/faster-rcnn_r18_fpn_small_r4_deeppcb-160.py',
    upscaled='baselines/faster-rcnn_r18_fpn_small_r4_upscaled_deeppcb-160.py',
    oracle='baselines/faster-rcnn_r18_fpn_small_hr_deeppcb-320.py',
    sodgan='sodgan/sodgan-faster-rcnn_r18_fpn_small_r4_deeppcb-160.py',
)
# Does the width of r = 2 pay at stride 1?
_wide = {'model.generator.mid_channels': 48}
rows = {
    'sodgan-48': dict(
        label='SODGAN, generator of 48 channels',
        config='sodgan',
        teacher='oracle',
        cfg_options=_wide,
    ),
    'control-48': dict(
        label='its network without HR supervision and GAN, 48 channels',
        config='sodgan',
        teacher='oracle',
        cfg_options={
            **_wide,
            'model.data_preprocessor.with_hr': False,
            'model.composite_loss': dict(_delete_=True),
        },
    ),
    # L_align asks P2 for what the teacher has two levels further up.
    'sodgan-wo-align': dict(
        label='SODGAN without L_align',
        config='sodgan',
        teacher='oracle',
        cfg_options={'model.composite_loss.align.loss_weight': 0},
    ),
}
