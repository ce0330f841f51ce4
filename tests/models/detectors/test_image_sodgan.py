"""The generator at the image: what is trained by what, and parts that do not fit."""

import pytest
import torch
from mmdet.registry import MODELS
from mmdet.structures.bbox import bbox2roi

from mmdet_sodgan.models import UpscaledInputPreprocessor
from mmdet_sodgan.models.detectors.image_crops import crop_rois

DETACHED = {
    'model.detach_generator': True,
    'model.composite_loss': dict(_delete_=True, mse=dict(relative=False)),
}


def prepare(model, data):
    return model.data_preprocessor(data, True)


def wake(model):
    """Move G off the enlargement that it starts from."""
    torch.nn.init.normal_(model.generator.project.weight, std=0.1)


def moved_by(model, loss):
    """Children of the model that a loss has a gradient for."""
    model.zero_grad()
    loss.backward()
    return {
        name.split('.')[0]
        for name, p in model.named_parameters()
        if p.grad is not None and p.grad.abs().sum() > 0
    }


def faster_rcnn(cfg, model):
    """mmdet's own detector of the same config, with the same weights."""
    ours = ('generator', 'discriminator', 'composite_loss')
    cfg = {k: v for k, v in cfg.model.items() if k not in ours}
    cfg |= dict(
        type='FasterRCNN',
        data_preprocessor=dict(
            cfg['data_preprocessor'], type='UpscaledInputPreprocessor'
        ),
    )
    for key in ('frame', 'with_hr'):
        cfg['data_preprocessor'].pop(key)
    detector = MODELS.build(cfg)
    missing, extra = detector.load_state_dict(model.state_dict(), strict=False)
    assert not missing and {k.split('.')[0] for k in extra} <= set(ours)
    return detector.train()


@pytest.fixture(params=[2, 4])
def r(request):
    return request.param


def test_starts_as_mmdets_detector_on_the_enlarged_image(
    build_image, image_cfg, batch, r
):
    options = {'model.data_preprocessor.scale_factor': r}
    model = build_image(options)
    detector = faster_rcnn(image_cfg(options), model)
    assert isinstance(detector.data_preprocessor, UpscaledInputPreprocessor)
    torch.manual_seed(0)
    expected = detector(**detector.data_preprocessor(batch(), True), mode='loss')
    torch.manual_seed(0)
    losses = model(**prepare(model, batch()), mode='loss')
    for name, value in expected.items():
        torch.testing.assert_close(losses[name], value)

    found = model.eval().test_step(batch())
    for a, b in zip(found, detector.eval().test_step(batch()), strict=True):
        assert len(b.pred_instances) > 10
        torch.testing.assert_close(a.pred_instances.scores, b.pred_instances.scores)


def test_mse_is_that_of_the_images_inside_their_borders(build_image, batch):
    options = {'model.composite_loss.mse.foreground_weight': None}
    model = build_image(options)
    wake(model)
    data = prepare(model, batch((128, 100), (77, 128)))
    losses = model(**data, mode='loss')
    error = (model.generator(data['inputs']) - data['hr_inputs']).square()
    inside = [
        error[i, :, :h, :w].flatten()
        for i, (h, w) in enumerate(s.img_shape for s in data['data_samples'])
    ]
    torch.testing.assert_close(losses['loss_mse'], torch.cat(inside).mean())


def test_discriminator_judges_the_same_crops_of_both_images(build_image, batch):
    model = build_image()
    wake(model)
    data = prepare(model, batch())
    seen = []
    model.roi_head.bbox_roi_extractor.register_forward_hook(
        lambda module, args, output: seen.append(args[1])
    )
    _, pair = model(**data, mode='pair')
    (rois,) = seen
    sides = rois[:, 3:] - rois[:, 1:3]
    rois = rois[sides.prod(1).sqrt() < model.sampler.max_small_side]
    assert model.sampler.max_small_side == 112 and len(rois) == len(pair.feats) > 10
    assert pair.feats.shape[1:] == (3, 32, 32)
    torch.testing.assert_close(pair.hr_feats, crop_rois(data['hr_inputs'], rois, 32))
    sr = model.generator(data['inputs'])
    torch.testing.assert_close(pair.feats, crop_rois(sr, rois, 32))
    assert pair.feats.requires_grad and not pair.hr_feats.requires_grad


def test_crop_of_a_box_shows_the_object_in_both_images(build_image):
    """Boxes, SR and HR image share one grid: a bright square stays in its box."""
    model = build_image()
    box = torch.tensor([[24.0, 40.0, 40.0, 56.0]])
    hr = torch.zeros(1, 3, 128, 128)
    hr[..., 40:56, 24:40] = 100
    lr = model.data_preprocessor.degradation(hr, 2)
    for image in (hr, model.generator(lr)):
        wide = torch.tensor([[-8.0, -8, 8, 8]])
        crop = crop_rois(image, bbox2roi([box + wide]), 32)[0, 0]
        # Symmetric about the centre, as the square is.
        torch.testing.assert_close(crop, crop.flip(0, 1), rtol=0, atol=0.5)
        assert crop[16, 16] > 90 and crop[0, 0].abs() < 5


@pytest.mark.parametrize(
    'name', ['loss_mse', 'loss_tv', 'loss_g_adv', 'loss_g_cls', 'loss_g_reg']
)
def test_every_gan_term_trains_the_generator_alone(build_image, batch, name):
    model = build_image()
    wake(model)
    losses = model(**prepare(model, batch()), mode='loss')
    assert moved_by(model, losses[name]) == {'generator'}


def test_detection_losses_train_the_generator_unless_detached(build_image, batch):
    for options, expected in (({}, True), (DETACHED, False)):
        model = build_image(options)
        wake(model)
        losses = model(**prepare(model, batch()), mode='loss')
        for name in ('loss_cls', 'loss_rpn_bbox'):
            moved = moved_by(model, sum_of(losses[name]))
            assert {'backbone', 'neck'} <= moved
            assert ('generator' in moved) is expected
            losses = model(**prepare(model, batch()), mode='loss')


def sum_of(loss):
    return sum(loss) if isinstance(loss, list) else loss


def test_detached_detector_learns_as_if_the_generator_were_fixed(build_image, batch):
    model, other = build_image(DETACHED), build_image(DETACHED)
    other.generator.requires_grad_(False)
    gradients = []
    for each in (model, other):
        wake(each)
    other.generator.load_state_dict(model.generator.state_dict())
    for each in (model, other):
        torch.manual_seed(0)
        losses = each(**prepare(each, batch()), mode='loss')
        sum_of(losses['loss_rpn_cls']).backward()
        gradients.append(each.backbone.conv1.weight.grad)
    torch.testing.assert_close(*gradients, rtol=0, atol=0)


def test_without_discriminator_nothing_is_cropped(build_image, batch):
    model = build_image(DETACHED)
    assert model.discriminator is None
    losses, pair = model(**prepare(model, batch()), mode='pair')
    assert 'loss_mse' in losses and pair.hr_feats is None


@pytest.mark.parametrize(
    'options, message',
    [
        (
            {'model.data_preprocessor.frame': 'lr'},
            r"data_preprocessor\.frame is 'lr' .* set it to 'hr'",
        ),
        (
            {'model.composite_loss.align': dict(loss_weight=1.0)},
            r'composite_loss\.align .* set composite_loss\.align to None',
        ),
        (
            DETACHED | {'model.composite_loss': dict(_delete_=True)},
            r'detach_generator is True but there is no composite_loss\.mse',
        ),
        (
            {'model.roi_head.type': 'StandardRoIHead'},
            r'roi_head\.type is StandardRoIHead',
        ),
    ],
)
def test_parts_that_do_not_fit_are_refused(image_cfg, options, message):
    cfg = image_cfg(options)
    if cfg.model.roi_head.type == 'StandardRoIHead':
        cfg.model.roi_head.pop('num_sampled_rois', None)
    with pytest.raises(ValueError, match=message):
        MODELS.build(cfg.model)


def test_enlarging_preprocessor_is_refused(image_cfg):
    cfg = image_cfg().model
    cfg.data_preprocessor.type = 'UpscaledInputPreprocessor'
    for key in ('with_hr', 'frame'):
        cfg.data_preprocessor.pop(key)
    with pytest.raises(ValueError, match='is a UpscaledInputPreprocessor; SODGAN'):
        MODELS.build(cfg)


def test_pyramid_place_refuses_boxes_of_the_hr_image(sodgan_cfg):
    cfg = sodgan_cfg({'model.data_preprocessor.frame': 'hr'}).model
    with pytest.raises(ValueError, match=r"frame is 'hr' .* set it to 'lr'"):
        MODELS.build(cfg)


def test_missing_hr_image_is_named(build_image, batch):
    model = build_image({'model.data_preprocessor.with_hr': False})
    with pytest.raises(ValueError, match='no HR images'):
        model(**prepare(model, batch()), mode='loss')
