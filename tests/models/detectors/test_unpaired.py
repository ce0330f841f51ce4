"""Unlabelled LR images without an HR partner."""

import copy

import pytest
import torch

from mmdet_sodgan.structures import GANSchedule

UNPAIRED = {
    'model.composite_loss.cls.loss_weight': 0,
    'model.composite_loss.reg.loss_weight': 0,
    'model.roi_head.num_sampled_rois': 6,
    # RoIs of different sizes, as random weights propose few that are small.
    'model.roi_head.bbox_roi_extractor.finest_scale': 20,
}


@pytest.fixture
def model(build_sodgan):
    """A SODGAN whose generator has left its start."""
    model = build_sodgan(UNPAIRED)
    torch.nn.init.normal_(model.generator.project.weight, std=0.1)
    # Its RPN takes nearly all for objects.
    torch.nn.init.constant_(model.rpn_head.rpn_cls.bias, 0.1)
    return model


@pytest.fixture
def data(model, batch):
    """Two labelled pairs and two LR images."""
    torch.manual_seed(1)
    unpaired = batch((64, 64), (64, 64))
    return model.data_preprocessor(dict(batch(), unpaired=unpaired), True)


def losses_through_d(model, data):
    _, rois = model(**data, mode='pair')
    return sum(model.adversarial_losses(rois).values())


def test_unlabelled_images_are_normalised_as_they_are(model, batch):
    unpaired = batch((64, 48))
    given = copy.deepcopy(unpaired)
    found = model.data_preprocessor(dict(batch(), unpaired=unpaired), True)['unpaired']
    preprocessor = model.data_preprocessor
    image = given['inputs'][0].float()
    if preprocessor._channel_conversion:
        image = image.flip(0)
    expected = (image - preprocessor.mean) / preprocessor.std
    torch.testing.assert_close(found['inputs'][0, :, :64, :48], expected)
    assert tuple(found['data_samples'][0].img_shape) == (64, 48)


def test_g_hears_of_unlabelled_images_and_of_no_others(model, data):
    data['inputs'].requires_grad_()
    data['unpaired']['inputs'].requires_grad_()
    losses_through_d(model, data).backward()
    assert data['unpaired']['inputs'].grad.abs().max() > 0
    assert data['inputs'].grad is None


def test_d_compares_as_many_small_rois_of_both(model, data):
    _, rois = model(**data, mode='pair')
    assert 0 < len(rois.feats) == len(rois.hr_feats) <= 2 * 6
    assert not rois.positive.any() and rois.hr_feats.grad_fn is None
    sides = (rois.rois[:, 3:] - rois.rois[:, 1:3]).prod(1).sqrt()
    assert sides.max() < model.roi_head.max_small_side


def test_rois_are_a_random_choice_where_one_side_has_more(model, data):
    data['unpaired'] = dict(
        inputs=data['unpaired']['inputs'][:1],
        data_samples=data['unpaired']['data_samples'][:1],
    )
    _, rois = model(**data, mode='pair')
    assert len(rois.feats) == len(rois.hr_feats) <= 6
    z_hr = model.teacher(data['hr_inputs'])[0]
    found = model._small_objects(model._student(data['inputs']), data['data_samples'])
    assert len(found) > len(rois.hr_feats)
    pooled = model.roi_head.pool_hr(z_hr, found).flatten(1)
    chosen = torch.cdist(rois.hr_feats.flatten(1), pooled).argmin(1)
    assert chosen.tolist() != list(range(len(chosen)))


def test_where_nothing_is_seen_d_and_g_learn_nothing(model, data):
    torch.nn.init.constant_(model.rpn_head.rpn_cls.bias, -9)
    losses, rois = model(**data, mode='pair')
    of_d = model.composite_loss.discriminator_losses(model.discriminator, rois)
    found = sum(model.adversarial_losses(rois).values())
    assert len(rois.feats) == 0 and found == 0 and 'loss_cls' in losses
    assert of_d['loss_d_real'] == of_d['loss_d_fake'] == 0


def test_fake_rois_are_those_of_the_box_head(model, data):
    model.eval()
    _, rois = model(**data, mode='pair')
    levels = model.extract_feat(data['unpaired']['inputs'])
    expected = model.roi_head._bbox_forward(levels, rois.rois)['bbox_feats']
    torch.testing.assert_close(rois.feats, expected.dense())


def test_real_rois_are_proposals_of_the_labelled_images(model, data):
    model.eval()
    torch.manual_seed(0)
    _, rois = model(**data, mode='pair')
    found = model._small_objects(model._student(data['inputs']), data['data_samples'])
    z_hr = model.teacher(data['hr_inputs'])[0]
    pooled = model.roi_head.pool_hr(z_hr, found).flatten(1)
    distances = torch.cdist(rois.hr_feats.flatten(1), pooled)
    assert distances.min(1).values.max() < 1e-3


def test_detection_and_reconstruction_are_of_the_labelled_pairs(model, data):
    alone = {k: v for k, v in data.items() if k != 'unpaired'}
    found = []
    for each in (data, alone):
        torch.manual_seed(0)
        model_of = copy.deepcopy(model)
        found.append(model_of(**copy.deepcopy(each), mode='pair')[0])
    assert found[0].keys() == found[1].keys()
    for name in found[0]:
        torch.testing.assert_close(found[0][name], found[1][name], rtol=0, atol=0)


def test_images_are_not_looked_at_while_d_is_idle(model, data):
    model.gan_schedule = GANSchedule(adversarial=0, discriminator_learns=False)
    data['unpaired'] = None, 'would fail'
    losses, _ = model(**data, mode='pair')
    assert 'loss_cls' in losses
