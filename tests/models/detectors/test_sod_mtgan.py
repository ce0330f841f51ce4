"""SOD-MTGAN: what is trained by what, and what D makes of small detections."""

import numpy as np
import pytest
import torch
from mmdet.models.detectors import TwoStageDetector
from mmdet.registry import MODELS

from mmdet_sodgan.models.detectors.image_crops import crop_rois

STDS = np.array([0.1, 0.1, 0.2, 0.2])


def prepare(model, data, training=True):
    return model.data_preprocessor(data, training)


def wake(model):
    """Move G off the enlargement that it starts from, and D off equal classes."""
    torch.nn.init.normal_(model.generator.project.weight, std=0.1)
    for layer in (model.discriminator.cls, model.discriminator.reg):
        torch.nn.init.normal_(layer.weight, std=0.3)


def children_with_gradient(model):
    return {
        name.split('.')[0]
        for name, p in model.named_parameters()
        if p.grad is not None and p.grad.abs().sum() > 0
    }


def test_losses_of_the_base_detector_are_mmdets(build_mtgan, mtgan_cfg, batch):
    model = build_mtgan()
    ours = ('generator', 'discriminator', 'composite_loss')
    cfg = {k: v for k, v in mtgan_cfg().model.items() if k not in ours}
    detector = MODELS.build(dict(cfg, type='FasterRCNN'))
    missing, extra = detector.load_state_dict(model.state_dict(), strict=False)
    assert not missing and {k.split('.')[0] for k in extra} <= set(ours)
    data = prepare(model, batch())
    torch.manual_seed(0)
    losses = model(**data, mode='loss')
    torch.manual_seed(0)
    expected = detector.train().loss(data['inputs'], data['data_samples'])
    assert set(losses) == set(expected) | {
        f'loss_{x}' for x in ('mse', 'g_adv', 'g_cls', 'g_reg')
    }
    for name, value in expected.items():
        torch.testing.assert_close(losses[name], value)


@pytest.mark.parametrize('r', [2, 4])
def test_discriminator_judges_patches_of_small_rois_only(build_mtgan, batch, r):
    model = build_mtgan({'model.data_preprocessor.scale_factor': r})
    model.max_small_side = 20.0
    wake(model)
    data = prepare(model, batch((256, 256), (256, 192)))
    seen = []
    model.roi_head.bbox_roi_extractor.register_forward_hook(
        lambda module, args, output: seen.append(args[1])
    )
    _, pair = model(**data, mode='pair')
    (rois,) = seen
    sides = (rois[:, 3:] - rois[:, 1:3]).numpy()
    rois = rois[torch.from_numpy(np.sqrt(sides.prod(1)) < 20)]
    assert 0 < len(rois) < len(sides)
    sr = model.generator(crop_rois(data['inputs'], rois, 32 // r))
    torch.testing.assert_close(pair.feats, sr)
    rois[:, 1:] *= r
    torch.testing.assert_close(pair.hr_feats, crop_rois(data['hr_inputs'], rois, 32))
    assert len(pair.labels) == len(pair.targets) == len(pair.positive) == len(rois)


@pytest.mark.parametrize('r', [2, 4])
def test_super_resolved_and_real_patch_show_the_same_place(build_mtgan, r):
    model = build_mtgan({'model.data_preprocessor.scale_factor': r})
    hr = torch.arange(0.0, 256.0, 2.0).expand(1, 3, 128, 128)
    lr = model.data_preprocessor.degradation(hr, r)
    roi = torch.tensor([[0, 21.0, 35.0, 83.0, 97.0]])
    real = crop_rois(hr, roi, 32)
    roi[:, 1:] /= r
    fake = model._super_resolve(lr, roi)
    # Beyond the centres of its first and last pixel a patch knows nothing.
    inside = (..., slice(r, -r))
    torch.testing.assert_close(fake[inside], real[inside], rtol=0, atol=0.5)


def test_mse_is_the_mean_over_the_patches(build_mtgan, batch):
    model = build_mtgan()
    wake(model)
    losses, pair = model(**prepare(model, batch()), mode='pair')
    expected = (pair.feats - pair.hr_feats).square().mean()
    torch.testing.assert_close(losses['loss_mse'], expected)


@pytest.mark.parametrize('name', ['loss_mse', 'loss_g_adv', 'loss_g_cls', 'loss_g_reg'])
def test_every_gan_term_trains_the_generator_alone(build_mtgan, batch, name):
    model = build_mtgan()
    wake(model)
    model(**prepare(model, batch()), mode='loss')[name].backward()
    assert children_with_gradient(model) == {'generator'}


def test_base_detector_learns_from_its_own_losses_alone(build_mtgan, batch):
    model = build_mtgan()
    wake(model)
    losses = model(**prepare(model, batch()), mode='loss')
    (sum(losses['loss_rpn_cls']) + losses['loss_cls'] + losses['loss_bbox']).backward()
    assert children_with_gradient(model) == {
        'backbone',
        'neck',
        'rpn_head',
        'roi_head',
    }


def decode(box, deltas, shape):
    """Box offsets to a box (Girshick et al., CVPR 2014, appendix C)."""
    dx, dy, dw, dh = deltas * STDS
    width, height = box[2] - box[0], box[3] - box[1]
    x, y = (box[0] + box[2]) / 2 + dx * width, (box[1] + box[3]) / 2 + dy * height
    width, height = width * np.exp(dw), height * np.exp(dh)
    moved = [x - width / 2, y - height / 2, x + width / 2, y + height / 2]
    return np.clip(moved, 0, [shape[1], shape[0]] * 2)


def in_order(rows):
    """Best first; scores that differ by rounding alone are ordered by the rest."""
    return np.lexsort(rows.round(4).T[::-1])[::-1]


def test_small_detections_are_scored_and_moved_by_the_discriminator_the_others_not(
    build_mtgan, batch
):
    # No box suppresses another.
    model = build_mtgan({'model.test_cfg.rcnn.nms.iou_threshold': 1.0}).eval()
    wake(model)
    data = prepare(model, batch((128, 128)), training=False)
    inputs, samples = data['inputs'], data['data_samples']
    with torch.no_grad():
        (base,) = TwoStageDetector.predict(model, inputs, samples, rescale=False)
        base = base.pred_instances
        sides = (base.bboxes[:, 2:] - base.bboxes[:, :2]).prod(1).sqrt()
        model.max_small_side = sides.median().item()
        rois = torch.cat([torch.zeros(len(base), 1), base.bboxes], 1)
        patches = model.generator(crop_rois(inputs, rois, 16))
        output = model.discriminator(patches)
        (found,) = model.predict(inputs, samples, rescale=False)
    probabilities = output.cls_logits.double().softmax(1).numpy()
    expected, small = [], 0
    for i, box in enumerate(base.bboxes.double().numpy()):
        if sides[i] < model.max_small_side:
            small += 1
            box = decode(box, output.deltas[i].double().numpy(), samples[0].img_shape)
            for label in range(6):
                expected.append((probabilities[i, label], label, *box))
        else:
            expected.append((base.scores[i].item(), base.labels[i].item(), *box))
    assert 0 < small < len(base)
    expected = np.array([row for row in expected if row[0] > 0.05])
    expected = expected[in_order(expected)][:100]
    found = found.pred_instances
    columns = (found.scores[:, None], found.labels[:, None], found.bboxes)
    rows = torch.cat([column.double() for column in columns], 1).numpy()
    rows = rows[in_order(rows)]
    np.testing.assert_allclose(rows, expected, atol=1e-3)


def test_without_small_detections_the_base_detectors_remain(build_mtgan, batch):
    model = build_mtgan().eval()
    wake(model)
    model.max_small_side = 0.0
    data = prepare(model, batch((128, 96), (128, 128)), training=False)
    with torch.no_grad():
        base = TwoStageDetector.predict(model, *data.values(), rescale=False)
        base = [sample.pred_instances for sample in base]
        found = model.predict(*data.values(), rescale=False)
    for expected, sample in zip(base, found, strict=True):
        assert len(expected) > 10
        for key in ('bboxes', 'scores', 'labels'):
            assert torch.equal(sample.pred_instances[key], expected[key])


def test_image_without_detections_is_left_so(build_mtgan, batch):
    model = build_mtgan({'model.test_cfg.rcnn.score_thr': 0.99}).eval()
    (result,) = model.test_step(batch((128, 128)))
    assert len(result.pred_instances) == 0
    assert result.pred_instances.bboxes.shape == (0, 4)


@pytest.mark.parametrize(
    'options, message',
    [
        (
            {'model.data_preprocessor.frame': 'hr'},
            r"data_preprocessor\.frame is 'hr' .* set it to 'lr'",
        ),
        (
            {'model.generator.scale_factor': 4},
            r'generator\.scale_factor is 4 but data_preprocessor\.scale_factor is 2',
        ),
        (
            {'model.composite_loss.reg.loss_weight': 0},
            r"terms \['adv', 'cls', 'mse'\]; SODMTGAN needs mse, .* and cls and reg",
        ),
        (
            {'model.composite_loss.mse': None},
            r"terms \['adv', 'cls', 'reg'\]; SODMTGAN needs mse",
        ),
        (
            {'model.composite_loss.align': dict(loss_weight=1.0)},
            r'composite_loss has the terms .* no levels to align',
        ),
        (
            {'model.discriminator.roi_feat_size': 31},
            r'discriminator\.roi_feat_size is 31, .* make it a multiple',
        ),
        (
            {
                'model.roi_head.mask_head': dict(type='FCNMaskHead', in_channels=16),
                'model.train_cfg.rcnn.mask_size': 28,
            },
            r'roi_head\.mask_head is given, .* set roi_head\.mask_head to None',
        ),
    ],
)
def test_parts_that_do_not_fit_are_refused(mtgan_cfg, options, message):
    with pytest.raises(ValueError, match=message):
        MODELS.build(mtgan_cfg(options).model)
