import logging
from types import SimpleNamespace

import pytest
import torch
from mmengine.logging import MessageHub

from mmdet_sodgan.engine.hooks import GANFailureError, GANWatchHook

NAN = {'model.composite_loss.adv.loss_weight': float('nan')}
# Every gradient is above it.
TINY = 1e-30


@pytest.fixture
def watch(runner_cfg, train):
    """Train with the hook and return what was recorded."""

    def run(name, hook, options=None, **keys):
        one_epoch = {'train_cfg': dict(max_epochs=1, val_begin=10)}
        cfg = runner_cfg(name, one_epoch | (options or {}))
        cfg.custom_hooks.append(dict(type='GANWatchHook', **hook))
        cfg.merge_from_dict(keys)
        return train(cfg)[1]

    return run


@pytest.fixture
def warnings(monkeypatch):
    """What the hook has written to the log as a warning."""
    said = []
    monkeypatch.setattr(
        logging.Logger, 'warning', lambda self, message, *_, **__: said.append(message)
    )
    return lambda: [m for m in said if m.startswith('GANWatchHook')]


def test_nan_loss_is_named_once_an_epoch_and_training_goes_on(watch, warnings):
    record = watch('warn', {}, NAN)
    assert len(record.losses) == 3
    named = [m for m in warnings() if 'loss_g_adv' in m]
    assert named == ['GANWatchHook, iteration 1: loss_g_adv is nan.']


@pytest.mark.parametrize('action', ['stop', 'cool_down'])
def test_nan_loss_stops_in_one_sentence_before_it_is_saved(watch, tmp_path, action):
    by_iteration = dict(type='AtomicCheckpointHook', by_epoch=False, interval=1)
    options = NAN | {'default_hooks.checkpoint': by_iteration}
    with pytest.raises(GANFailureError, match='loss_g_adv is nan') as stopped:
        watch('stop', dict(action=action), options)
    assert 'at iteration 1:' in str(stopped.value) and '\n' not in str(stopped.value)
    assert not list((tmp_path / 'stop').glob('*.pth'))


def test_discriminator_that_learns_too_well_is_named(watch, warnings):
    # D learns fast, and G not at all.
    options = {
        'train_cfg': dict(max_epochs=6, val_begin=10),
        'optim_wrapper.discriminator.optimizer.lr': 0.02,
        'optim_wrapper.optimizer.lr': 0.0,
    }
    record = watch('right', dict(confidence=0.55, patience=2), options)
    right = [x['d_real'] >= 0.55 and x['d_fake'] <= 0.45 for x in record.losses]
    # Of the first two in a row, the second.
    first = list(zip(right, right[1:], strict=False)).index((True, True)) + 1
    assert warnings()[0].startswith(f'GANWatchHook, iteration {first + 1}: d_real is ')
    assert 'after 2 updates in which D was right' in warnings()[0]


def test_large_gradient_through_d_is_named(watch, warnings):
    watch('gradient', dict(max_gradient=TINY))
    assert warnings()[0].startswith(
        'GANWatchHook, iteration 1: grad_norm_adversarial is '
    )


def test_gradient_is_that_of_the_adversarial_terms_alone(build_sodgan, make_batch):
    model = build_sodgan()
    data = model.data_preprocessor(make_batch(0, 1), True)
    _, pair = model(**data, mode='pair')
    terms = sum(model.adversarial_losses(pair).values())
    (expected,) = torch.autograd.grad(terms, pair.feats, retain_graph=True)
    hook = GANWatchHook()
    hook.before_train(SimpleNamespace(iter=0, model=model))
    losses = sum(model.adversarial_losses(pair).values()) + pair.feats.square().sum()
    losses.backward()
    torch.testing.assert_close(hook._gradient, expected.norm())
    # D's own update is another matter.
    hook._gradient = None
    sum(
        v
        for k, v in model.composite_loss.discriminator_losses(
            model.discriminator, pair
        ).items()
    ).backward()
    assert hook._gradient is None


def test_weights_are_those_of_a_training_without_the_hook(watch, train, runner_cfg):
    watched = watch('watched', {})
    _, plain = train(
        runner_cfg('plain', {'train_cfg': dict(max_epochs=1, val_begin=10)})
    )
    assert torch.equal(watched.weights[-1], plain.weights[-1])


def test_cool_down_takes_the_terms_out_and_back_and_survives_a_resume(
    watch, warnings, tmp_path
):
    hook = dict(action='cool_down', max_gradient=TINY, cool_down=3)
    options = {'train_cfg': dict(max_epochs=2, val_begin=10)}
    whole = watch('whole', hook, options)
    acts = [schedule.adversarial > 0 for schedule in whole.schedules]
    assert acts == [True, False, False, False, True, False]
    assert ['loss_g_adv' in losses for losses in whole.losses] == acts
    assert len(warnings()) == 2
    resumed = watch(
        'resumed',
        hook,
        options,
        resume=True,
        load_from=str(tmp_path / 'whole/epoch_1.pth'),
    )
    assert resumed.schedules == whole.schedules[3:]
    assert torch.equal(resumed.weights[-1], whole.weights[-1])


def feed(hook, outputs, iteration):
    """Give the hook the log of one iteration."""
    hub = MessageHub.get_instance('test_gan_watch_hook')
    for key, value in outputs.items():
        hub.update_scalar(f'train/{key}', value)
    said = []
    runner = SimpleNamespace(
        iter=iteration,
        message_hub=hub,
        logger=SimpleNamespace(warning=said.append),
        model=torch.nn.Module(),
    )
    if iteration == 0:
        hook.before_train(runner)
    hook.after_train_iter(runner, iteration, outputs=outputs)
    return said


def test_patience_counts_updates_of_d_in_a_row():
    hook = GANWatchHook(confidence=0.99, patience=2)
    right, wrong = dict(d_real=0.999, d_fake=0.001), dict(d_real=0.999, d_fake=0.4)
    # Without an update of D there is nothing to count.
    log = [right, wrong, right, dict(loss_rpn=1.0), right, right]
    said = [feed(hook, outputs, i) for i, outputs in enumerate(log)]
    assert [len(x) for x in said] == [0, 0, 0, 0, 1, 0]


def test_infinite_loss_of_a_plain_detector_is_named():
    (said,) = feed(GANWatchHook(), dict(loss_rpn=float('inf'), loss=float('inf')), 0)
    assert said == 'GANWatchHook, iteration 1: loss_rpn is inf.'


@pytest.mark.parametrize(
    'key, value',
    [
        ('action', 'ignore'),
        ('max_gradient', 0),
        ('confidence', 0.5),
        ('patience', 0),
        ('cool_down', 0),
    ],
)
def test_argument_outside_its_range_is_named(key, value):
    with pytest.raises(ValueError, match=f'GANWatchHook.*{key}.*{value}'):
        GANWatchHook(**{key: value})
