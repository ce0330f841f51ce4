import pytest
import torch
from mmengine.config import Config

from mmdet_sodgan.apis.runner import (
    enable_amp,
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
