import logging
from types import SimpleNamespace

import pytest
import torch
from mmengine.logging import MessageHub

from mmdet_sodgan.engine.hooks import GANFailureError, GANWatchHook

NAN = {'model.composite_loss.adv.loss_weight': float('nan')}


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


def test_nan_loss_stops_in_one_sentence_before_it_is_saved(watch, tmp_path):
    by_iteration = dict(type='AtomicCheckpointHook', by_epoch=False, interval=1)
    options = NAN | {'default_hooks.checkpoint': by_iteration}
    with pytest.raises(GANFailureError, match='loss_g_adv is nan') as stopped:
        watch('stop', dict(action='stop'), options)
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


def test_weights_are_those_of_a_training_without_the_hook(watch, train, runner_cfg):
    watched = watch('watched', {})
    _, plain = train(
        runner_cfg('plain', {'train_cfg': dict(max_epochs=1, val_begin=10)})
    )
    assert torch.equal(watched.weights[-1], plain.weights[-1])


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
    )
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
        ('confidence', 0.5),
        ('patience', 0),
    ],
)
def test_argument_outside_its_range_is_named(key, value):
    with pytest.raises(ValueError, match=f'GANWatchHook.*{key}.*{value}'):
        GANWatchHook(**{key: value})
