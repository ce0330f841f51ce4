# From scratch on small images: AdamW, short warm-up, cosine over 12 epochs.
# Another length takes max_epochs and the cosine's T_max, both, as a config cannot
# derive one from the other (from the command line: train_cfg.max_epochs=24
# param_scheduler.1.T_max=24).
_base_ = './schedule_1x.py'
train_cfg = dict(max_epochs=12, val_interval=4)
param_scheduler = [
    dict(type='LinearLR', start_factor=0.01, by_epoch=False, begin=0, end=100),
    dict(type='CosineAnnealingLR', T_max=12, eta_min=4e-6, convert_to_iter_based=True),
]
optim_wrapper = dict(
    optimizer=dict(_delete_=True, type='AdamW', lr=4e-4, weight_decay=0.05),
    clip_grad=dict(max_norm=10),
)
auto_scale_lr = dict(enable=False)
