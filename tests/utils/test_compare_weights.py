import torch
from torch import nn

from mmdet_sodgan.utils.compare_weights import compare_weights


def network():
    return nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3))


def test_weights_of_the_network_itself_fit():
    source, target = network(), network()
    comparison = compare_weights(target, dict(state_dict=source.state_dict()))
    assert comparison.fits and comparison.num_matching == comparison.total == 6
    assert torch.equal(source[0].weight, target[0].weight)


def test_prefix_of_a_wrapper_and_the_number_of_batches_do_not_count():
    state = {f'module.{k}': v for k, v in network().state_dict().items()}
    del state['module.1.num_batches_tracked']
    assert compare_weights(network(), state).fits


def test_each_kind_of_misfit_is_counted_and_named():
    state = network().state_dict()
    del state['1.bias']
    state |= {'0.bias': torch.zeros(4), 'head.weight': torch.zeros(1)}
    comparison = compare_weights(network(), state)
    assert not comparison.fits and comparison.num_matching == 4
    assert comparison.describe() == (
        'of the 6 weights of the detector 1 are missing (1.bias), 1 are unknown '
        '(head.weight), 1 have another shape (0.bias)'
    )


def test_what_training_alone_needs_may_be_missing_and_left_over(build_sodgan):
    model = build_sodgan()
    state = {
        k: v for k, v in model.state_dict().items() if not k.startswith('teacher.')
    }
    assert compare_weights(model, state).fits
    assert compare_weights(model, state | {'discriminator.x': torch.zeros(1)}).fits


def test_old_names_are_those_that_they_have_today(build_sodgan):
    model = build_sodgan()
    state = {
        k.replace('teacher.ema.', 'hr_branch.average.'): v
        for k, v in model.state_dict().items()
    }
    assert any(k.startswith('hr_branch.') for k in state)
    assert compare_weights(model, state).fits
