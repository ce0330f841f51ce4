"""A discriminator that starts from the box head of its detector."""

import pytest
import torch
from mmdet.registry import MODELS
from mmengine.runner.checkpoint import load_state_dict

from mmdet_sodgan.utils.compare_weights import compare_weights

BOX_HEAD = {
    'model.discriminator': dict(
        _delete_=True, type='BoxHeadDiscriminator', fc_channels=32
    )
}


@pytest.fixture
def teacher(build_sodgan) -> dict:
    """Weights of a detector without discriminator, none of them zero."""
    weights = build_sodgan().state_dict()
    return {
        name: torch.randn_like(value) if value.is_floating_point() else value
        for name, value in weights.items()
        if not name.startswith('discriminator.')
    }


def first_layers(model):
    own, found = model.discriminator.fc, model.roi_head.first_bbox_head.shared_fcs[0]
    return (own.weight, found.weight), (own.bias, found.bias)


@pytest.mark.parametrize('load', [load_state_dict, compare_weights])
def test_first_layer_starts_from_the_teachers_box_head(build_sodgan, teacher, load):
    model = build_sodgan(BOX_HEAD)
    load(model, teacher)
    for own, found in first_layers(model):
        assert torch.equal(own, found)
    assert torch.equal(
        model.discriminator.fc.weight, teacher['roi_head.bbox_head.shared_fcs.0.weight']
    )


def test_it_learns_apart_from_the_box_head(build_sodgan, teacher):
    model = build_sodgan(BOX_HEAD)
    load_state_dict(model, teacher)
    with torch.no_grad():
        model.discriminator.fc.weight.add_(1)
    own, found = first_layers(model)[0]
    assert torch.equal(found, teacher['roi_head.bbox_head.shared_fcs.0.weight'])
    assert torch.equal(own, found + 1)


def test_a_resumed_one_goes_on_with_its_own_weights(build_sodgan, teacher):
    model = build_sodgan(BOX_HEAD)
    weights = teacher | {
        f'discriminator.fc.{name}': torch.randn_like(value)
        for name, value in model.discriminator.fc.state_dict().items()
    }
    load_state_dict(model, weights)
    for name, value in model.discriminator.fc.state_dict().items():
        assert torch.equal(value, weights[f'discriminator.fc.{name}'])


def test_weights_of_another_form_of_d_are_not_mixed_with_the_start(
    build_sodgan, teacher
):
    model = build_sodgan(BOX_HEAD)
    # As spectral normalisation names them.
    other = {
        'discriminator.fc.parametrizations.weight.original': torch.ones(32, 784),
        'discriminator.fc.bias': torch.ones(32),
    }
    load_state_dict(model, teacher | other)
    for own, found in first_layers(model):
        assert torch.equal(own, found)


def test_of_a_cascade_it_takes_the_first_stage(build_sodgan):
    stage = dict(type='Shared2FCBBoxHead', in_channels=16, fc_out_channels=32)
    model = build_sodgan(BOX_HEAD)
    head = build_sodgan(BOX_HEAD).roi_head.bbox_head
    model.roi_head.bbox_head = torch.nn.ModuleList(
        [head, MODELS.build(stage | dict(num_classes=6))]
    )
    weights = {
        name: torch.randn_like(value) if value.is_floating_point() else value
        for name, value in model.state_dict().items()
        if not name.startswith('discriminator.')
    }
    load_state_dict(model, weights)
    for own, found in first_layers(model):
        assert torch.equal(own, found)


@pytest.mark.parametrize(
    'options, message',
    [
        (
            {'model.discriminator.fc_channels': 16},
            r'discriminator\.fc_channels is 16, of 784 inputs, but .* fc_out_channels '
            r'32, of 784; make them equal',
        ),
        (
            {'model.roi_head.bbox_head.type': 'Shared4Conv1FCBBoxHead'},
            'no box head that begins with a fully connected layer',
        ),
    ],
)
def test_box_heads_without_such_a_layer_are_named(build_sodgan, options, message):
    with pytest.raises(ValueError, match=message):
        build_sodgan(BOX_HEAD | options)


def test_d_begins_with_what_the_box_head_reads(build_sodgan, teacher):
    model = build_sodgan(BOX_HEAD)
    load_state_dict(model, teacher)
    feats = torch.randn(3, 16, 7, 7)
    d = model.discriminator
    hidden = torch.nn.functional.leaky_relu(
        feats.flatten(1) @ teacher['roi_head.bbox_head.shared_fcs.0.weight'].T
        + teacher['roi_head.bbox_head.shared_fcs.0.bias'],
        0.2,
    )
    expected = hidden @ d.adv.weight.T + d.adv.bias
    torch.testing.assert_close(d(feats).logits, expected[:, 0])
