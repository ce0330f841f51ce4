# ResNet-50, 320 px, r = 2: the HR image is the original of 640 px.
_base_ = './_deeppcb.py'
configs = dict(
    lr='baselines/faster-rcnn_r50_fpn_deeppcb-320.py',
    upscaled='baselines/faster-rcnn_r50_fpn_upscaled_deeppcb-320.py',
    oracle='baselines/faster-rcnn_r50_fpn_hr_deeppcb-320.py',
    sodgan='sodgan/sodgan-faster-rcnn_r50_fpn_deeppcb-320.py',
)
# Where no pretrained weights can be had, and less work for a CPU.
_scratch = {
    'model.backbone.init_cfg': None,
    'model.backbone.frozen_stages': -1,
    'model.backbone.norm_eval': False,
    'optim_wrapper.optimizer.lr': 4e-4,
    'model.train_cfg.rpn_proposal.max_per_img': 500,
    'model.train_cfg.rcnn.sampler.num': 128,
}
# One seed of lr, oracle, sodgan and control takes a good two hours on two cores.
presets = {
    'cpu-scratch': dict(
        epochs=6, cfg_options={**_base_.presets.cpu.cfg_options, **_scratch}
    ),
}
