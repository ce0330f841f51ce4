"""mmengine's own features with alternating optimisation, through its Runner."""

import pytest
import torch


def test_training_lowers_the_loss_and_validates_by_size(train, runner_cfg):
    cfg = runner_cfg(
        'train',
        {
            'train_cfg': dict(max_epochs=4, val_interval=4),
            'param_scheduler': [],
            'optim_wrapper.optimizer.lr': 4e-3,
        },
    )
    runner, record = train(cfg)
    losses = [iteration['loss_rpn_cls'] for iteration in record.losses]
    assert len(losses) == 12
    assert sum(losses[-3:]) < 0.9 * sum(losses[:3])
    scalars = runner.message_hub.log_scalars
    assert 0 <= scalars['val/coco/bbox_mAP'].current() <= 1
    assert {
        'train/grad_norm_generator',
        'train/grad_norm_discriminator',
        'train/generator.lr',
        'train/discriminator.lr',
        'train/loss_d_fake',
        'train/loss_g_adv',
        'train/d_real',
    } <= scalars.keys()
    assert len(scalars['train/grad_norm_discriminator'].data[0]) == 12


@pytest.mark.parametrize('ema', [False, True], ids=['plain', 'ema'])
def test_resumed_run_equals_the_uninterrupted_one(train, runner_cfg, tmp_path, ema):
    def make(name):
        cfg = runner_cfg(
            name,
            {
                'train_cfg.val_interval': 10,
                # Everything that is to be restored has a say in the losses.
                'model.teacher.momentum': 0.2,
                'optim_wrapper.discriminator.optimizer.lr': 1e-3,
                'param_scheduler.0.end': 4,
            },
        )
        if ema:
            cfg.custom_hooks.append(dict(type='EMAHook', momentum=0.2))
        return cfg

    _, uninterrupted = train(make('uninterrupted'))
    cfg = make('resumed')
    cfg.resume = True
    cfg.load_from = str(tmp_path / 'uninterrupted/epoch_1.pth')
    _, resumed = train(cfg)
    assert (len(uninterrupted.losses), len(resumed.losses)) == (6, 3)
    for ours, expected in zip(resumed.losses, uninterrupted.losses[3:], strict=True):
        assert ours == pytest.approx(expected, rel=1e-6, abs=1e-6)
    assert resumed.schedules == uninterrupted.schedules[3:]
    assert len(set(uninterrupted.schedules)) == 6

    ours, expected = (
        torch.load(tmp_path / name / 'epoch_2.pth', weights_only=True)
        for name in ('resumed', 'uninterrupted')
    )
    assert any(key.startswith('teacher.ema') for key in ours['state_dict'])
    states = [('state_dict',), ('optimizer', 'discriminator', 'state')]
    states += [('optimizer', 'generator', 'state')]
    states += [('ema_state_dict',)] if ema else []
    for path in states:
        pair = ours, expected
        for key in path:
            pair = [state[key] for state in pair]
        torch.testing.assert_close(*pair, rtol=1e-6, atol=1e-7)
    assert ours['optimizer']['discriminator']['state'][0]['step'] == 6
    assert ours['param_schedulers'] == expected['param_schedulers']
