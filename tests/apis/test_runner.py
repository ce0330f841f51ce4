import pytest
import torch
from mmengine.config import Config
from mmengine.utils import get_installed_path

from mmdet_sodgan.apis.runner import (
    enable_amp,
    set_epochs,
    set_resume,
    use_test_time_augmentation,
)


def config(**optim_wrapper):
    return Config(dict(optim_wrapper=optim_wrapper))


def test_single_wrapper_autocasts_and_keeps_its_settings():
    cfg = config(optimizer=dict(type='SGD', lr=0.1), clip_grad=dict(max_norm=1))
    enable_amp(cfg)
    assert cfg.optim_wrapper.to_dict() == dict(
        type='AutocastOptimWrapper',
        optimizer=dict(type='SGD', lr=0.1),
        clip_grad=dict(max_norm=1),
    )


def test_wrapper_with_another_under_a_name_autocasts_both():
    cfg = config(
        constructor='GANOptimWrapperConstructor',
        type='OptimWrapper',
        optimizer=dict(type='SGD', lr=0.1),
        paramwise_cfg=dict(norm_decay_mult=0.0),
        discriminator=dict(optimizer=dict(type='Adam', lr=0.1)),
    )
    enable_amp(cfg)
    assert cfg.optim_wrapper.type == 'AutocastOptimWrapper'
    assert cfg.optim_wrapper.discriminator.type == 'AutocastOptimWrapper'
    assert 'type' not in cfg.optim_wrapper.paramwise_cfg
    assert cfg.optim_wrapper.optimizer.type == 'SGD'


def test_wrappers_under_names_alone_autocast_each():
    group = dict(type='OptimWrapper', optimizer=dict(type='Adam', lr=0.1))
    cfg = config(constructor='C', generator=group, discriminator=group)
    enable_amp(cfg)
    assert cfg.optim_wrapper.generator.type == 'AutocastOptimWrapper'
    assert cfg.optim_wrapper.discriminator.type == 'AutocastOptimWrapper'
    assert 'type' not in cfg.optim_wrapper


def test_wrapper_of_another_type_is_named_and_not_replaced():
    cfg = config(type='ApexOptimWrapper', optimizer=dict(type='SGD', lr=0.1))
    with pytest.raises(SystemExit, match='the config has ApexOptimWrapper'):
        enable_amp(cfg)


def test_resume_takes_the_last_checkpoint_in_place_of_the_teacher(tmp_path):
    torch.save({}, tmp_path / 'epoch_1.pth')
    cfg = Config(dict(work_dir=str(tmp_path), load_from='teacher.pth'))
    set_resume(cfg, 'auto')
    assert cfg.resume and cfg.load_from == str(tmp_path / 'epoch_1.pth')
    set_resume(cfg, 'other.pth')
    assert cfg.resume and cfg.load_from == 'other.pth'


def test_resume_with_nothing_saved_yet_keeps_the_teacher(tmp_path):
    cfg = Config(dict(work_dir=str(tmp_path), load_from='teacher.pth'))
    set_resume(cfg, 'auto')
    assert not cfg.get('resume') and cfg.load_from == 'teacher.pth'


def test_augmentation_needs_its_keys():
    cfg = Config(dict(tta_model=dict()))
    with pytest.raises(SystemExit, match='^--tta needs tta_pipeline in the config'):
        use_test_time_augmentation(cfg)


def test_augmentation_wraps_the_model_and_replaces_the_pipeline():
    model = dict(type='Inner')
    cfg = Config(
        dict(
            model=model,
            tta_model=dict(type='Outer', tta_cfg=dict(x=1)),
            tta_pipeline=['augment'],
            test_dataloader=dict(dataset=dict(pipeline=['plain'])),
        )
    )
    use_test_time_augmentation(cfg)
    assert cfg.model == dict(type='Outer', tta_cfg=dict(x=1), module=model)
    assert cfg.test_dataloader.dataset.pipeline == ['augment']


def training(max_epochs=12, **others):
    loop = dict(type='EpochBasedTrainLoop', max_epochs=max_epochs, val_interval=4)
    return Config(dict(train_cfg=loop) | others)


def test_epochs_shorten_schedule_and_validation():
    cfg = training(
        param_scheduler=[
            dict(type='LinearLR', by_epoch=False, begin=0, end=500),
            dict(type='MultiStepLR', begin=0, end=12, milestones=[8, 11]),
            dict(type='mmdet.CosineAnnealingLR', begin=6, end=12, T_max=6),
        ],
        default_hooks=dict(checkpoint=dict(type='CheckpointHook', interval=6)),
        custom_hooks=[dict(type='PipelineSwitchHook', switch_epoch=10)],
    )
    set_epochs(cfg, 3)
    assert (cfg.train_cfg.max_epochs, cfg.train_cfg.val_interval) == (3, 1)
    warm_up, steps, cosine = cfg.param_scheduler
    assert (warm_up.begin, warm_up.end) == (0, 125)
    assert (steps.end, steps.milestones) == (3, [2, 3])
    assert (cosine.begin, cosine.end, cosine.T_max) == (2, 3, 2)
    assert cfg.default_hooks.checkpoint.interval == 2
    assert cfg.custom_hooks[0].switch_epoch == 2


def test_epochs_lengthen_all_but_the_warm_up():
    cfg = training(
        max_epochs=12,
        param_scheduler=dict(
            detector=[
                dict(type='LinearLR', by_epoch=False, begin=0, end=500),
                dict(type='StepLR', step_size=5),
            ],
            discriminator=dict(type='ExponentialLR', gamma=0.81),
        ),
    )
    set_epochs(cfg, 24)
    assert (cfg.train_cfg.max_epochs, cfg.train_cfg.val_interval) == (24, 8)
    warm_up, steps = cfg.param_scheduler.detector
    assert (warm_up.end, steps.step_size) == (500, 10)
    assert cfg.param_scheduler.discriminator.gamma == pytest.approx(0.9)


def test_the_configs_that_mmdetection_has_can_be_shortened():
    cfg = Config.fromfile(
        get_installed_path('mmdet')
        + '/.mim/configs/rtmdet/rtmdet_tiny_8xb32-300e_coco.py'
    )
    set_epochs(cfg, 30)
    assert cfg.param_scheduler[1].begin == 15 and cfg.param_scheduler[1].end == 30
    assert cfg.param_scheduler[1].T_max == 15
    assert list(cfg.train_cfg.dynamic_intervals) == [(28, 1)]
    switches = [h.switch_epoch for h in cfg.custom_hooks if 'switch_epoch' in h]
    assert switches == [28]


def test_one_epoch_is_never_scaled_to_none():
    cfg = training(param_scheduler=[dict(type='CosineAnnealingLR', begin=0, T_max=12)])
    set_epochs(cfg, 1)
    assert cfg.train_cfg.val_interval == cfg.param_scheduler[0].T_max == 1


def test_training_by_iterations_is_not_scaled():
    cfg = Config(dict(train_cfg=dict(type='IterBasedTrainLoop', max_iters=100)))
    with pytest.raises(SystemExit, match='counts iterations.*max_iters'):
        set_epochs(cfg, 2)


def test_scheduler_that_follows_a_score_is_not_scaled():
    cfg = training(param_scheduler=[dict(type='ReduceOnPlateauLR', monitor='x')])
    with pytest.raises(SystemExit, match='ReduceOnPlateauLR follows a score'):
        set_epochs(cfg, 2)
    assert cfg.train_cfg.max_epochs == 12
