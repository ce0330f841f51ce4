"""The mean of the last weights, as a training and an interrupted one end with it."""

import pytest
import torch

from mmdet_sodgan.engine.hooks import WeightAverageHook

STATISTICS = dict(type='PreciseBNHook', parts=['backbone'])


@pytest.fixture
def averaging(runner_cfg):
    """Factory of a config of six iterations that averages the last four."""

    def make(name):
        options = {'train_cfg': dict(max_epochs=2, val_begin=9)}
        cfg = runner_cfg(name, options)
        cfg.model.backbone.norm_eval = False
        cfg.default_hooks.average = dict(type='WeightAverageHook', begin=0.3)
        cfg.default_hooks.statistics = STATISTICS
        return cfg

    return make


def test_training_ends_with_the_mean_and_its_batch_statistics(
    train, averaging, tmp_path
):
    cfg = averaging('plain')
    del cfg.default_hooks.average
    _, plain = train(cfg)
    runner, _ = train(averaging('whole'))
    saved = torch.load(tmp_path / 'whole/epoch_2.pth', weights_only=True)
    assert 'weight_average' not in saved
    backbone = runner.model.backbone
    weight = saved['state_dict']['backbone.conv1.weight']
    assert torch.equal(backbone.conv1.weight, weight)
    expected = torch.stack(plain.weights[3:]).mean(0)
    assert len(plain.weights) == 7
    torch.testing.assert_close(weight, expected, rtol=1e-5, atol=1e-7)
    # Flips are drawn anew, which a mean over the map hardly sees.
    means = []
    for data in runner.train_dataloader:
        images = runner.model.data_preprocessor(data, True)['inputs']
        means.append(backbone.conv1(images).mean((0, 2, 3)))
    means = torch.stack(means).mean(0)
    torch.testing.assert_close(backbone.bn1.running_mean, means, rtol=0.02, atol=5e-3)


def test_resumed_training_ends_with_the_mean_of_the_uninterrupted_one(
    train, averaging, tmp_path
):
    train(averaging('whole'))
    cfg = averaging('resumed')
    cfg.resume, cfg.load_from = True, str(tmp_path / 'whole/epoch_1.pth')
    interrupted = torch.load(cfg.load_from, weights_only=True)['weight_average']
    assert interrupted['count'] == 1
    train(cfg)
    ours, expected = (
        torch.load(tmp_path / name / 'epoch_2.pth', weights_only=True)['state_dict']
        for name in ('resumed', 'whole')
    )
    torch.testing.assert_close(ours, expected, rtol=1e-5, atol=1e-6)


def test_training_from_an_interrupted_one_has_a_mean_of_its_own(
    train, averaging, tmp_path
):
    train(averaging('whole'))
    cfg = averaging('student')
    cfg.load_from = str(tmp_path / 'whole/epoch_1.pth')
    train(cfg)
    saved = torch.load(tmp_path / 'student/epoch_1.pth', weights_only=True)
    assert saved['weight_average']['count'] == 1


@pytest.mark.parametrize('begin', [-0.1, 1, float('nan')])
def test_begin_outside_of_the_training_is_refused(begin):
    with pytest.raises(ValueError, match=r'WeightAverageHook.begin is .* below 1\.'):
        WeightAverageHook(begin)
