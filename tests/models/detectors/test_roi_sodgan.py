"""The generator on the features of small RoIs."""

import copy
from pathlib import Path

import numpy as np
import pytest
import torch
from mmdet.models.detectors import TwoStageDetector
from mmdet.registry import MODELS
from mmengine.config import Config

from mmdet_sodgan.structures import GANSchedule

CONFIG = (
    Path(__file__).parents[3]
    / 'configs/sodgan/sodgan-roi-faster-rcnn_r18_fpn_small_deeppcb-160.py'
)
DETECTION = {'loss_rpn_cls', 'loss_rpn_bbox', 'loss_cls', 'acc', 'loss_bbox'}
RECONSTRUCTION = {'loss_mse', 'loss_tv', 'loss_align'}
THROUGH_D = {'loss_g_adv', 'loss_g_cls', 'loss_g_reg'}
AVERAGE = {'model.teacher.frozen': False}


@pytest.fixture(scope='module')
def small_cfg():
    """What the suite's factories build here."""
    return Config.fromfile(str(CONFIG))


@pytest.fixture
def make(build_sodgan):
    """Factory of a detector whose generator and HR branch have left their start."""

    def build(options=None):
        model = build_sodgan(options)
        model.teacher.update(model.backbone, model.neck)
        torch.nn.init.normal_(model.generator.project.weight, std=0.1)
        return model

    return build


def prepare(model, data):
    return model.data_preprocessor(data, True)


def trained_parts(model, loss):
    model.zero_grad()
    loss.backward(retain_graph=True)
    return {
        name.split('.')[0]
        for name, p in model.named_parameters()
        if p.grad is not None and p.grad.abs().sum() > 0
    }


def plain_detector(model, cfg):
    """mmdet's detector with the same weights."""
    names = ('backbone', 'neck', 'rpn_head', 'train_cfg', 'test_cfg')
    head = {k: v for k, v in cfg.roi_head.items() if k != 'max_small_side'}
    plain = TwoStageDetector(
        roi_head=dict(head, type='StandardRoIHead'),
        data_preprocessor=cfg.data_preprocessor,
        **{name: cfg[name] for name in names},
    )
    missing, _ = plain.load_state_dict(model.state_dict(), strict=False)
    assert not missing
    return plain


def test_starts_as_mmdets_detector_in_losses_and_predictions(
    build_sodgan, sodgan_cfg, batch
):
    model = build_sodgan()
    plain = plain_detector(model, sodgan_cfg().model)
    # Both are functions of their input alone.
    model.backbone.eval()
    plain.backbone.eval()
    data = prepare(model, batch())
    torch.manual_seed(1)
    losses, _ = model(**copy.deepcopy(data), mode='pair')
    torch.manual_seed(1)
    expected = plain.loss(data['inputs'], data['data_samples'])
    assert expected.keys() == DETECTION
    torch.testing.assert_close(
        {name: losses[name] for name in expected}, expected, rtol=0, atol=0
    )
    model.eval()
    plain.eval()
    with torch.no_grad():
        found, wanted = (
            each.predict(data['inputs'], copy.deepcopy(data['data_samples']), False)
            for each in (model, plain)
        )
    for one, other in zip(found, wanted, strict=True):
        assert len(one.pred_instances) > 0
        for key in ('bboxes', 'scores', 'labels'):
            assert torch.equal(one.pred_instances[key], other.pred_instances[key])


@pytest.mark.parametrize('mode', ['predict', 'tensor'])
def test_prediction_reads_the_generator(make, batch, mode):
    model = make().eval()
    data = prepare(model, batch())

    def scores():
        samples = copy.deepcopy(data['data_samples'])
        with torch.no_grad():
            found = model(data['inputs'], samples, mode=mode)
        return found[0].pred_instances.scores if mode == 'predict' else found[-1]

    first = scores()
    torch.testing.assert_close(scores(), first, rtol=0, atol=0)
    model.generator.project.weight.data.zero_()
    with pytest.raises(AssertionError):
        torch.testing.assert_close(scores(), first)


def test_generator_is_registered_once(make):
    model = make()
    weights = [name for name in model.state_dict() if 'generator' in name]
    assert weights and all(name.startswith('generator.') for name in weights)


def test_loss_holds_every_term(make, batch):
    model = make()
    losses = model(**prepare(model, batch()), mode='loss')
    assert losses.keys() == DETECTION | RECONSTRUCTION | THROUGH_D


def test_real_features_are_pooled_from_the_hr_pyramid_at_r_times_the_rois(make, batch):
    model = make()
    data = prepare(model, batch((128, 192), (100, 150)))
    _, pair = model(**data, mode='pair')
    scaled = pair.rois.numpy() * np.array([1, 2, 2, 2, 2])
    targets = model.teacher(data['hr_inputs'])
    expected = model.roi_head.bbox_roi_extractor(
        targets[:4], torch.from_numpy(scaled).float()
    )
    assert len(pair.hr_feats) > 0 and not pair.hr_feats.requires_grad
    torch.testing.assert_close(pair.hr_feats, expected)


@pytest.mark.parametrize('weight', [1.0, 0.25])
def test_mse_is_the_mean_error_of_positive_and_of_other_rois(make, batch, weight):
    model = make({'model.composite_loss.mse.loss_weight': 2.0})
    model.gan_schedule = GANSchedule(reconstruction=weight)
    losses, pair = model(**prepare(model, batch()), mode='pair')
    fake, real = (x.detach().double().numpy() for x in (pair.feats, pair.hr_feats))
    error = ((fake - real) ** 2).mean(axis=1) / (real**2).mean()
    positive = pair.positive.numpy()
    assert 0 < positive.sum() < len(positive)
    expected = 2.0 * weight * (error[positive].mean() + error[~positive].mean()) / 2
    assert float(losses['loss_mse']) == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize('name', sorted(THROUGH_D))
def test_terms_through_d_reach_the_generator_and_unless_asked_the_host(
    make, batch, name
):
    found = []
    for trains_host, parts in (True, {'backbone', 'neck'}), (False, set()):
        model = make({'model.gan_trains_host': trains_host})
        losses = model(**prepare(model, batch()), mode='loss')
        assert trained_parts(model, losses[name]) == {'generator'} | parts
        found.append(losses[name].item())
    assert found[0] == pytest.approx(found[1])


@pytest.mark.parametrize('name', ['loss_mse', 'loss_tv'])
def test_a_teachers_terms_train_the_host_too_and_an_averages_g_alone(make, batch, name):
    host = {'backbone', 'neck'}
    for options, parts in ({}, host), (AVERAGE, set()):
        model = make(options)
        losses = model(**prepare(model, batch()), mode='loss')
        assert trained_parts(model, losses[name]) == {'generator'} | parts


def test_alignment_trains_the_host_alone(make, batch):
    model = make()
    losses = model(**prepare(model, batch()), mode='loss')
    assert trained_parts(model, losses['loss_align']) == {'backbone', 'neck'}


def test_without_small_rois_the_generator_keeps_a_place_in_the_graph(make, batch):
    """A process without small RoIs must not leave the others waiting."""
    model = make({'model.roi_head.max_small_side': 0})
    total, _ = model.parse_losses(model(**prepare(model, batch()), mode='loss'))
    total.backward()
    for name, parameter in model.generator.named_parameters():
        assert parameter.grad is not None and not parameter.grad.any(), name


def test_terms_without_target_need_no_hr_image(make, batch):
    model = make()
    model.composite_loss.terms.pop('mse')
    model.composite_loss.terms.pop('align')
    model.gan_schedule = GANSchedule(discriminator_learns=False)
    data = prepare(model, batch())
    del data['hr_inputs']
    losses, pair = model(**data, mode='pair')
    assert 'loss_tv' in losses and pair.hr_feats is None
    model.gan_schedule = GANSchedule()
    with pytest.raises(ValueError, match='the loss needs z_HR'):
        model(**data, mode='pair')


def test_head_that_takes_no_generator_is_named(sodgan_cfg):
    cfg = sodgan_cfg({'model.roi_head.type': 'SODGANRoIHead'}).model
    del cfg.roi_head.max_small_side
    with pytest.raises(ValueError, match="SODGANRoIHead; .*'ReconstructingRoIHead'"):
        MODELS.build(cfg)


ATROUS = {'model.teacher': dict(type='AtrousTeacher', scale_factor=2)}


@pytest.mark.parametrize(
    'options, message',
    [
        (
            {'model.teacher.scale_factor': 4},
            r'teacher\.scale_factor is 4 but data_preprocessor\.scale_factor is 2',
        ),
        (
            {'model.roi_head.max_small_side': 57},
            r'max_small_side is 57; with AtrousTeacher it must be at most 56',
        ),
    ],
)
def test_target_of_another_scale_or_level_is_named(sodgan_cfg, options, message):
    MODELS.build(sodgan_cfg(ATROUS).model)
    with pytest.raises(ValueError, match=message):
        MODELS.build(sodgan_cfg(ATROUS | options).model)


def test_every_small_roi_and_its_atrous_target_lie_on_one_level(sodgan_cfg):
    model = MODELS.build(
        sodgan_cfg(ATROUS | {'model.roi_head.max_small_side': 56}).model
    )
    rois = torch.zeros(200, 5)
    rois[:, 3:] = torch.linspace(1, 80, 200)[:, None]
    small = rois[model.roi_head._is_small(rois, 5)]
    levels = [
        model.roi_head.first_extractor.map_roi_levels(x, 4) for x in (small, 2 * small)
    ]
    assert torch.equal(*levels)
