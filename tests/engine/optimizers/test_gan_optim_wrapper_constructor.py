import math
from pathlib import Path

import pytest
import torch
from mmengine.config import Config
from mmengine.logging import MessageHub
from mmengine.optim import build_optim_wrapper
from mmengine.runner import Runner

CONFIGS = Path(__file__).parents[3] / 'configs'


def _build(model, discriminator=None, **cfg):
    sgd = dict(optimizer=dict(type='SGD', lr=0.01))
    return build_optim_wrapper(
        model,
        dict(
            dict(constructor='GANOptimWrapperConstructor', **sgd) | cfg,
            discriminator=discriminator or sgd,
        ),
    )


def _ids(wrapper):
    return [id(p) for group in wrapper.optimizer.param_groups for p in group['params']]


def test_groups_are_disjoint_and_hold_every_trainable_parameter_once(build_sodgan):
    model = build_sodgan({'model.backbone.frozen_stages': 1})
    wrappers = _build(model)
    generator, discriminator = (
        _ids(wrappers[name]) for name in ('generator', 'discriminator')
    )
    assert len(generator) == len(set(generator))
    assert not set(generator) & set(discriminator)
    trainable = {id(p) for p in model.parameters() if p.requires_grad}
    assert trainable <= {*generator, *discriminator}
    assert set(discriminator) == {id(p) for p in model.discriminator.parameters()}
    assert not set(generator) & {id(p) for p in model.teacher.parameters()}


def test_paramwise_keys_are_names_of_the_whole_model(build_sodgan):
    model = build_sodgan()
    keys = {
        'backbone.layer1': dict(lr_mult=0.1),
        'generator': dict(lr_mult=2.0),
        'roi_head.bbox_head.fc_cls': dict(lr_mult=3.0),
    }
    wrappers = _build(model, paramwise_cfg=dict(custom_keys=keys))
    names = {id(p): name for name, p in model.named_parameters()}
    factors = {
        names[id(parameter)]: group['lr'] / 0.01
        for group in wrappers['generator'].optimizer.param_groups
        for parameter in group['params']
    }
    for name, factor in factors.items():
        prefix = next((key for key in keys if name.startswith(key)), None)
        assert factor == pytest.approx(keys[prefix]['lr_mult'] if prefix else 1.0)
    assert {1.0, 0.1, 2.0, 3.0} == {round(factor, 6) for factor in factors.values()}
    assert {group['lr'] for group in wrappers['discriminator'].param_groups} == {0.01}


def test_each_group_has_the_optimizer_of_its_own_config(build_sodgan):
    wrappers = _build(
        build_sodgan(),
        optimizer=dict(type='AdamW', lr=0.1),
        discriminator=dict(optimizer=dict(type='Adam', lr=0.3, betas=(0.5, 0.9))),
    )
    generator, discriminator = (
        wrappers[name].optimizer for name in ('generator', 'discriminator')
    )
    assert isinstance(generator, torch.optim.AdamW)
    assert type(discriminator) is torch.optim.Adam
    assert generator.param_groups[0]['lr'] == 0.1
    assert discriminator.param_groups[0]['lr'] == 0.3
    assert discriminator.param_groups[0]['betas'] == (0.5, 0.9)


def test_missing_discriminator_settings_are_named(build_sodgan):
    cfg = dict(
        constructor='GANOptimWrapperConstructor', optimizer=dict(type='SGD', lr=0.1)
    )
    with pytest.raises(ValueError, match='optim_wrapper.discriminator is missing'):
        build_optim_wrapper(build_sodgan(), cfg)


def _norm(parameters):
    return math.sqrt(sum(float(p.grad.double().square().sum()) for p in parameters))


def test_each_group_is_clipped_by_its_own_limit_and_logs_its_own_norm(
    build_sodgan, batch
):
    model = build_sodgan()
    discriminator = dict(optimizer=dict(type='SGD', lr=0.01))
    # A limit for G alone, below any norm at the start of training.
    wrappers = _build(model, clip_grad=dict(max_norm=0.01), discriminator=discriminator)
    applied = {}
    for name, wrapper in wrappers.items():
        wrapper.optimizer.register_step_pre_hook(
            lambda optimizer, *_, name=name: applied.update(
                {name: _norm(optimizer.param_groups[0]['params'])}
            )
        )
    model.train_step(batch(), wrappers)
    scalars = MessageHub.get_current_instance().log_scalars
    logged = {
        name: scalars[f'train/grad_norm_{name}'].current() for name in wrappers.keys()
    }
    assert applied['generator'] == pytest.approx(0.01, rel=1e-3)
    assert logged['generator'] > 0.1
    # D has no limit: what is logged is what was applied.
    assert applied['discriminator'] == pytest.approx(logged['discriminator'], rel=1e-5)
    assert applied['discriminator'] > 0.1


def test_measuring_the_norm_leaves_an_unclipped_gradient_as_it_is(build_sodgan, batch):
    gradients = []
    for clip_grad in (None, dict(type='value', clip_value=math.inf)):
        model = build_sodgan()
        wrappers = _build(model, clip_grad=clip_grad)
        wrappers['generator'].optimizer.register_step_pre_hook(
            lambda optimizer, *_: gradients.append(
                [p.grad.clone() for p in optimizer.param_groups[0]['params']]
            )
        )
        torch.manual_seed(1)
        model.train_step(batch(), wrappers)
    assert all(torch.equal(a, b) for a, b in zip(*gradients, strict=True))


def test_auto_scale_lr_scales_both_groups(runner_cfg):
    runner = Runner.from_cfg(runner_cfg('scaled'))
    wrappers = _build(
        runner.model,
        optimizer=dict(type='SGD', lr=0.2),
        discriminator=dict(optimizer=dict(type='SGD', lr=0.4)),
    )
    # Batches of 2 images, learning rates for 8.
    runner.scale_lr(wrappers, dict(enable=True, base_batch_size=8))
    lr = wrappers.get_lr()
    assert lr['generator.lr'] == [pytest.approx(0.05)]
    assert lr['discriminator.lr'] == [pytest.approx(0.1)]


def test_mmdets_1x_schedule_drives_both_groups(runner_cfg):
    cfg = Config.fromfile(str(CONFIGS / 'sodgan/sodgan-faster-rcnn_r50_fpn_1x_coco.py'))
    runner = Runner.from_cfg(runner_cfg('1x'))
    runner.optim_wrapper = build_optim_wrapper(runner.model, cfg.optim_wrapper)
    schedulers = runner.build_param_scheduler(cfg.param_scheduler)
    full = {
        'generator.lr': cfg.optim_wrapper.optimizer.lr,
        'discriminator.lr': cfg.optim_wrapper.discriminator.optimizer.lr,
    }
    start = {name: 0.001 * lr for name, lr in full.items()}  # linear warm-up
    assert _lr(runner.optim_wrapper) == pytest.approx(start)
    assert schedulers.keys() == {'generator', 'discriminator'}
    for warm_up, _ in schedulers.values():
        for _ in range(500):
            warm_up.step()
    assert _lr(runner.optim_wrapper) == pytest.approx(full)
    for _, decay in schedulers.values():
        for _ in range(8):
            decay.step()
    decayed = {name: 0.1 * lr for name, lr in full.items()}
    assert _lr(runner.optim_wrapper) == pytest.approx(decayed)


def _lr(wrappers):
    return {name: lr for name, (lr,) in wrappers.get_lr().items()}
