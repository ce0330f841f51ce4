import hashlib

import pytest
import torch
from mmdet.models.detectors import TwoStageDetector
from mmdet.structures.bbox import get_box_tensor

from mmdet_sodgan.models.detectors import generator_place
from mmdet_sodgan.models.utils import region_masks
from mmdet_sodgan.structures import GANSchedule

DETECTION = {'loss_rpn_cls', 'loss_rpn_bbox', 'loss_cls', 'acc', 'loss_bbox'}
# What r = 4 takes in the config.
R4 = {
    'model.data_preprocessor.scale_factor': 4,
    'model.roi_head.bbox_roi_extractor.featmap_strides': [1, 4, 8, 16, 32],
}


class GivenFeatures(TwoStageDetector):
    """mmdet's detector on features that are handed in."""

    def extract_feat(self, batch_inputs):
        return batch_inputs


def digest(module):
    state = hashlib.sha256()
    for name, value in module.state_dict().items():
        state.update(name.encode() + value.numpy().tobytes())
    return state.hexdigest()


def prepare(model, data):
    """What the data preprocessor makes of a training batch."""
    return model.data_preprocessor(data, True)


def wake(model):
    """Move G off the bilinear enlargement that it starts from."""
    torch.nn.init.normal_(model.generator.mix.weight, std=0.1)


@pytest.mark.parametrize('options, stride', [({}, 2), (R4, 1)])
def test_reconstructed_level_comes_first_and_the_others_stay(
    build_sodgan, batch, options, stride
):
    model = build_sodgan(options).eval()
    wake(model)
    inputs = prepare(model, batch((128, 192)))['inputs']
    feats = model.extract_feat(inputs)
    pyramid = model.neck(model.backbone(inputs))
    height, width = inputs.shape[-2:]
    assert feats[0].dense().shape == (1, 16, height // stride, width // stride)
    assert len(feats) == 1 + len(pyramid)
    for found, expected in zip(feats[1:], pyramid, strict=True):
        torch.testing.assert_close(found, expected, rtol=0, atol=0)


@pytest.mark.parametrize('options', [{}, R4])
def test_reconstruction_and_target_share_a_grid(build_sodgan, batch, options):
    model = build_sodgan(options)
    data = prepare(model, batch((128, 192), (100, 150)))
    z_hr = model.teacher(data['hr_inputs'])[0]
    assert model.extract_feat(data['inputs'])[0].dense().shape == z_hr.shape


def as_loss_arguments(data):
    return dict(
        batch_inputs=data['inputs'],
        batch_data_samples=data['data_samples'],
        hr_inputs=data['hr_inputs'],
    )


def test_detection_losses_are_those_of_mmdets_detector(build_sodgan, sodgan_cfg, batch):
    model = build_sodgan()
    cfg = sodgan_cfg().model
    names = ('backbone', 'neck', 'rpn_head', 'train_cfg', 'test_cfg')
    plain = GivenFeatures(
        roi_head=dict(cfg.roi_head, type='StandardRoIHead'),
        data_preprocessor=cfg.data_preprocessor,
        **{name: cfg[name] for name in names},
    )
    plain.roi_head.load_state_dict(model.roi_head.state_dict())
    plain.rpn_head.load_state_dict(model.rpn_head.state_dict())
    data = prepare(model, batch())
    feats = model.extract_feat(data['inputs'])
    torch.manual_seed(1)
    expected = plain.loss(feats, data['data_samples'])
    torch.manual_seed(1)
    losses, _ = model.loss_and_pair(**as_loss_arguments(data))
    assert expected.keys() == DETECTION
    torch.testing.assert_close(
        {name: losses[name] for name in expected}, expected, rtol=0, atol=0
    )


def test_loss_holds_every_term_of_the_generators_objective(build_sodgan, batch):
    model = build_sodgan()
    losses = model(**prepare(model, batch()), mode='loss')
    gan = {'loss_mse', 'loss_tv', 'loss_g_adv', 'loss_g_cls', 'loss_g_reg'}
    assert losses.keys() == DETECTION | gan


def test_teacher_takes_no_gradient(build_sodgan, batch):
    model = build_sodgan()
    data = prepare(model, batch())
    data['hr_inputs'].requires_grad_()
    before = digest(model.teacher)
    total, _ = model.parse_losses(model(**data, mode='loss'))
    total.backward()
    assert data['hr_inputs'].grad is None
    assert all(p.grad is None for p in model.teacher.parameters())
    assert digest(model.teacher) == before


WO_GAN = {'model.composite_loss': dict(_delete_=True)}
MSE_ONLY = {'model.composite_loss': dict(_delete_=True, mse=dict(loss_weight=1.0))}
WO_MSE = {'model.composite_loss.mse': None}


@pytest.mark.parametrize(
    'options, schedule, runs',
    [
        ({}, GANSchedule(), True),
        ({}, GANSchedule(reconstruction=0.0), True),
        ({}, GANSchedule(discriminator_learns=False), True),
        ({}, GANSchedule(reconstruction=0.0, discriminator_learns=False), False),
        (MSE_ONLY, GANSchedule(), True),
        (MSE_ONLY, GANSchedule(reconstruction=0.0), False),
        (WO_MSE, GANSchedule(), True),
        (WO_MSE, GANSchedule(discriminator_learns=False), False),
        (WO_GAN, GANSchedule(), None),
    ],
)
def test_hr_image_is_passed_only_where_something_needs_it(
    build_sodgan, batch, options, schedule, runs
):
    model = build_sodgan(options)
    model.gan_schedule = schedule
    calls = []
    if runs is None:
        assert model.teacher is None
    else:
        model.teacher.register_forward_hook(lambda *_: calls.append(1))
    data = prepare(model, batch())
    if not runs:
        # ... and then it need not even be there.
        del data['hr_inputs']
    losses, pair = model(**data, mode='pair')
    assert len(calls) == bool(runs)
    assert ('loss_mse' in losses) is (
        schedule.reconstruction > 0 and 'mse' in model.composite_loss.terms
    )
    learns = model.discriminator is not None and schedule.discriminator_learns
    assert (pair.hr_feats is not None) is learns


@pytest.mark.parametrize(
    'terms, runs',
    [
        (('adv', 'cls', 'reg'), False),
        ((), False),
        (('mse',), True),
        (('tv',), True),
    ],
)
def test_region_masks_are_made_only_for_terms_that_use_them(
    build_sodgan, batch, monkeypatch, terms, runs
):
    calls = []

    def counted(*args):
        calls.append(1)
        return region_masks(*args)

    monkeypatch.setattr(generator_place, 'region_masks', counted)
    composite = dict(_delete_=True, **{term: dict(loss_weight=1.0) for term in terms})
    model = build_sodgan({'model.composite_loss': composite})
    losses = model(**prepare(model, batch()), mode='loss')
    assert len(calls) == runs
    assert {'loss_mse', 'loss_tv'} & losses.keys() == {
        f'loss_{term}' for term in terms if runs
    }


def test_missing_hr_image_is_named(build_sodgan, batch):
    model = build_sodgan({'model.data_preprocessor.with_hr': False})
    with pytest.raises(ValueError, match='no HR images; set .*with_hr=True'):
        model(**prepare(model, batch()), mode='loss')


def test_pairs_are_the_same_rois_of_both_branches(build_sodgan, batch):
    model = build_sodgan()
    data = prepare(model, batch())
    # With z_SR in the place of z_HR, fake and real are equal.
    feats = model.extract_feat(data['inputs'])
    model.teacher.forward = lambda hr_images: [feats[0].dense().detach()]
    _, pair = model.loss_and_pair(**as_loss_arguments(data))
    assert len(pair.feats) > 0 and not pair.hr_feats.requires_grad
    torch.testing.assert_close(pair.hr_feats, pair.feats.detach())


def test_small_objects_are_those_that_the_reconstructed_level_serves(
    build_sodgan, batch, monkeypatch
):
    model = build_sodgan()
    data = prepare(model, batch(num_items=[9, 9]))
    seen = {}
    forward = model.composite_loss.terms['mse'].forward

    def keep(sr, hr, valid, foreground):
        seen.update(foreground=foreground)
        return forward(sr, hr, valid, foreground)

    monkeypatch.setattr(model.composite_loss.terms['mse'], 'forward', keep)
    model(**data, mode='loss')
    expected = torch.zeros_like(seen['foreground'])
    for i, sample in enumerate(data['data_samples']):
        boxes = get_box_tensor(sample.gt_instances.bboxes)
        rois = torch.cat([torch.zeros(len(boxes), 1), boxes], 1)
        levels = model.roi_head.bbox_roi_extractor.map_roi_levels(rois, 5)
        for box in boxes[levels == 0] / 2:
            x1, y1, x2, y2 = [*box[:2].floor().int(), *box[2:].ceil().int()]
            expected[i, y1:y2, x1:x2] = True
    assert expected.any() and torch.equal(seen['foreground'], expected)
