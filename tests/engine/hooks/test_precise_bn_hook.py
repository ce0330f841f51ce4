from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from mmdet.registry import MODELS
from mmengine.config import Config
from mmengine.runner import IterBasedTrainLoop
from torch import nn

from mmdet_sodgan.engine.hooks import PreciseBNHook

CONFIGS = Path(__file__).parents[3] / 'configs'
BN = {'model.generator.norm_cfg': dict(_delete_=True, type='BN')}


@pytest.fixture
def runner(build_sodgan, batch):
    """What the hook needs of a runner, at the end of an epoch."""

    def make(options=BN, epoch=1, num_batches=3):
        torch.manual_seed(1)
        loader = [batch((128, 128), (128, 128)) for _ in range(num_batches)]
        return SimpleNamespace(
            model=build_sodgan(options),
            train_dataloader=loader,
            epoch=epoch,
            max_epochs=2,
        )

    return make


def buffers(model, part):
    return {
        k: v.clone()
        for k, v in model.named_buffers()
        if k.startswith('generator.') is (part == 'generator')
    }


def test_statistics_are_the_means_over_the_batches(runner):
    run = runner()
    first = run.model.generator.stem[0]
    seen = []
    handle = first.conv.register_forward_hook(lambda _, __, out: seen.append(out))
    PreciseBNHook().after_train_epoch(run)
    handle.remove()
    assert len(seen) == 3
    means = torch.stack([x.mean((0, 2, 3)) for x in seen]).mean(0)
    variances = torch.stack([x.var((0, 2, 3)) for x in seen]).mean(0)
    torch.testing.assert_close(first.bn.running_mean, means, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(first.bn.running_var, variances, rtol=1e-4, atol=1e-5)


def test_the_rest_of_the_detector_stays_and_goes_on_training(runner):
    run = runner()
    before = buffers(run.model, 'host')
    weights = {k: v.clone() for k, v in run.model.named_parameters()}
    modes = {k: m.training for k, m in run.model.named_modules()}
    momentum = run.model.generator.stem[0].bn.momentum
    PreciseBNHook().after_train_epoch(run)
    torch.testing.assert_close(buffers(run.model, 'host'), before, rtol=0, atol=0)
    torch.testing.assert_close(
        dict(run.model.named_parameters()), weights, rtol=0, atol=0
    )
    assert {k: m.training for k, m in run.model.named_modules()} == modes
    assert run.model.generator.stem[0].bn.momentum == momentum


def test_inputs_of_the_generator_are_those_of_prediction(runner):
    run = runner()
    modes = []
    run.model.backbone.register_forward_pre_hook(
        lambda module, _: modes.append(module.training)
    )
    PreciseBNHook().after_train_epoch(run)
    assert modes == [False] * 3


def test_no_more_batches_are_read_than_asked_for(runner):
    run = runner()
    calls = []
    run.model.generator.register_forward_hook(lambda *_: calls.append(1))
    PreciseBNHook(num_batches=2).after_train_epoch(run)
    assert len(calls) == 2


@pytest.mark.parametrize(
    'options, epoch', [(BN, 0), ({}, 1)], ids=['before the end', 'no BatchNorm']
)
def test_nothing_happens(runner, options, epoch):
    run = runner(options, epoch)
    before = buffers(run.model, 'generator')
    run.train_dataloader = None  # is not read
    PreciseBNHook().after_train_epoch(run)
    torch.testing.assert_close(buffers(run.model, 'generator'), before, rtol=0, atol=0)


def test_layers_that_nothing_reaches_keep_their_statistics(runner):
    run = runner()
    run.model.generator.unused = torch.nn.BatchNorm2d(4)
    run.model.generator.unused.running_mean.fill_(3)
    run.model.generator.unused.num_batches_tracked.fill_(7)
    PreciseBNHook().after_train_epoch(run)
    assert (run.model.generator.unused.running_mean == 3).all()
    assert run.model.generator.unused.num_batches_tracked == 7
    assert run.model.generator.stem[0].bn.num_batches_tracked == 3


@pytest.mark.parametrize('parts', [('backbone', 'generator'), ('both',)])
def test_statistics_that_training_keeps_are_kept_and_used(runner, parts):
    run = runner({**BN, 'model.backbone.norm_eval': True})
    for layer in run.model.backbone.modules():
        if isinstance(layer, nn.BatchNorm2d):
            layer.running_mean.normal_()
    PreciseBNHook().after_train_epoch(run)
    expected = [x.clone() for x in run.model.buffers()]
    # One part that has layers of both kinds.
    run.model.both = nn.ModuleList([run.model.backbone, run.model.generator])
    PreciseBNHook(parts=parts).after_train_epoch(run)
    torch.testing.assert_close(list(run.model.buffers()), expected)


@pytest.fixture
def perceptual_gan():
    """A detector whose generator with BatchNorm works on small RoIs."""
    name = 'perceptual-gan_faster-rcnn_r18_fpn_small_deeppcb-160.py'
    model = MODELS.build(Config.fromfile(str(CONFIGS / 'perceptual_gan' / name)).model)
    model.init_weights()
    layers = [m for m in model.generator.modules() if isinstance(m, nn.BatchNorm2d)]
    assert layers
    for layer in layers:
        layer.running_mean.fill_(3)
        layer.num_batches_tracked.fill_(7)
    return model.train(), layers


def end_of_training(model, loader):
    return SimpleNamespace(model=model, train_dataloader=loader, epoch=0, max_epochs=1)


def test_a_generator_on_rois_is_reached_too(perceptual_gan, batch):
    model, layers = perceptual_gan
    PreciseBNHook().after_train_epoch(end_of_training(model, [batch()]))
    assert all(layer.num_batches_tracked == 1 for layer in layers)
    assert not any((layer.running_mean == 3).all() for layer in layers)


def test_batches_without_a_small_roi_do_not_count(perceptual_gan, batch):
    model, layers = perceptual_gan
    loader = [batch(), batch()]
    PreciseBNHook().after_train_epoch(end_of_training(model, loader[:1]))
    expected = [layer.running_mean.clone() for layer in layers]
    sides = iter([0.0, model.roi_head.max_small_side])
    model.backbone.register_forward_pre_hook(
        lambda *_: setattr(model.roi_head, 'max_small_side', next(sides))
    )
    # Nothing is small in the first batch; the second is the one from above.
    PreciseBNHook().after_train_epoch(end_of_training(model, [loader[1], loader[0]]))
    for layer, mean in zip(layers, expected, strict=True):
        assert layer.num_batches_tracked == 1
        torch.testing.assert_close(layer.running_mean, mean)


def test_no_small_roi_at_all_leaves_the_statistics(perceptual_gan, batch):
    model, layers = perceptual_gan
    model.roi_head.max_small_side = 0.0
    PreciseBNHook().after_train_epoch(end_of_training(model, [batch()]))
    assert all((layer.running_mean == 3).all() for layer in layers)
    assert all(layer.num_batches_tracked == 7 for layer in layers)


@pytest.mark.parametrize('options, refused', [(BN, True), ({}, False)])
def test_training_by_iterations_is_refused_where_it_matters(
    build_sodgan, options, refused
):
    loop = IterBasedTrainLoop.__new__(IterBasedTrainLoop)
    run = SimpleNamespace(model=build_sodgan(options), train_loop=loop)
    if not refused:
        PreciseBNHook().before_train(run)
        return
    with pytest.raises(ValueError, match='train_cfg counts iterations; set'):
        PreciseBNHook().before_train(run)


def test_number_of_batches_is_checked():
    with pytest.raises(ValueError, match='num_batches is 0; it must be at least 1'):
        PreciseBNHook(num_batches=0)
