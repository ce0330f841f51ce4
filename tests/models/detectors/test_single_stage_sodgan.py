"""RetinaNet with the reconstructed level, D on ground-truth RoIs."""

import copy
from pathlib import Path

import pytest
import torch
from mmdet.models.detectors import RetinaNet
from mmdet.registry import MODELS
from mmengine.config import Config

RETINANET = (
    Path(__file__).parents[3] / 'configs/sodgan/sodgan-retinanet_r50_fpn_1x_coco.py'
)


class GivenFeatures(RetinaNet):
    """mmdet's detector on features that are handed in."""

    def extract_feat(self, batch_inputs):
        return batch_inputs


@pytest.fixture(scope='module')
def retinanet_cfg(as_published):
    """A narrow RetinaNet of six classes."""
    cfg = Config.fromfile(str(RETINANET))
    cfg.merge_from_dict(as_published)
    narrow = {
        'model.backbone.depth': 18,
        'model.backbone.init_cfg': None,
        'model.neck.in_channels': [64, 128, 256, 512],
        'model.neck.out_channels': 16,
        'model.bbox_head.in_channels': 16,
        'model.bbox_head.feat_channels': 16,
        'model.bbox_head.num_classes': 6,
        'model.generator.mid_channels': 16,
        'model.discriminator.conv_channels': 16,
    }
    cfg.merge_from_dict(narrow)
    return cfg.model


@pytest.fixture
def build_retinanet(retinanet_cfg):
    """Factory of that detector; options by key below ``model``."""

    def make(**options):
        torch.manual_seed(0)
        cfg = Config(dict(model=copy.deepcopy(retinanet_cfg)))
        cfg.merge_from_dict({f'model.{k}': v for k, v in options.items()})
        model = MODELS.build(cfg.model)
        model.init_weights()
        return model.train()

    return make


def test_narrow_level_that_its_head_cannot_read_is_refused(build_retinanet):
    message = (
        r'model\.generator is a NarrowPyramidGenerator and model\.bbox_head a '
        r'RetinaHead; .* go together'
    )
    with pytest.raises(ValueError, match=message):
        build_retinanet(**{'generator.type': 'NarrowPyramidGenerator'})


def test_generator_follows_the_anchors_of_its_host(build_retinanet):
    model = build_retinanet()
    assert (model.generator.in_stride, model.generator.out_stride) == (8, 4)
    # The backbone level under P3.
    assert model.generator.skip.in_channels == 128
    assert model.roi_sampler.pool.spatial_scale == 1 / 4


def test_detection_losses_are_those_of_mmdets_retinanet(
    build_retinanet, retinanet_cfg, batch
):
    model = build_retinanet()
    names = ('backbone', 'neck', 'bbox_head', 'train_cfg', 'test_cfg')
    plain = GivenFeatures(**{k: copy.deepcopy(retinanet_cfg[k]) for k in names})
    plain.bbox_head.load_state_dict(model.bbox_head.state_dict())
    data = model.data_preprocessor(batch(), True)
    losses, _ = model(**data, mode='pair')
    feats = model.extract_feat(data['inputs'])
    expected = plain.loss(feats, data['data_samples'])
    assert len(feats) == 6 and expected.keys() == {'loss_cls', 'loss_bbox'}
    for name, values in expected.items():
        torch.testing.assert_close(losses[name], values)


def test_pairs_are_the_same_rois_of_both_branches(build_retinanet, batch):
    model = build_retinanet()
    data = model.data_preprocessor(batch(num_items=[6, 4]), True)
    feats = model.extract_feat(data['inputs'])
    # With z_SR in the place of z_HR, fake and real are equal.
    model.teacher.forward = lambda hr_images: [x.detach() for x in feats]
    _, pair = model(**data, mode='pair')
    assert len(pair.feats) > 0 and not pair.hr_feats.requires_grad
    torch.testing.assert_close(pair.hr_feats, pair.feats.detach())


def test_every_term_reaches_the_generator(build_retinanet, batch):
    model = build_retinanet()
    torch.nn.init.normal_(model.generator.project.weight, std=0.1)
    losses = model(
        **model.data_preprocessor(batch(num_items=[6, 4]), True), mode='loss'
    )
    for name in ('loss_mse', 'loss_tv', 'loss_g_adv', 'loss_g_cls', 'loss_g_reg'):
        model.zero_grad()
        losses[name].backward(retain_graph=True)
        assert model.generator.project.weight.grad.abs().sum() > 0, name
        assert all(p.grad is None for p in model.discriminator.parameters())


def test_head_on_levels_of_the_plain_pyramid_is_named(build_retinanet):
    message = r'bbox_head\.anchor_generator\.strides is .* \[4, 8, 16, 32, 64, 128\]'
    with pytest.raises(ValueError, match=message):
        build_retinanet(
            **{'bbox_head.anchor_generator.strides': [4, 8, 16, 32, 64, 64]}
        )


def test_head_without_anchors_is_refused(build_retinanet):
    with pytest.raises(ValueError, match=r'bbox_head\.anchor_generator has no type'):
        build_retinanet(bbox_head=dict(_delete_=True, type='FCOSHead', num_classes=6))


def test_discriminator_has_the_side_of_the_sampled_rois(retinanet_cfg):
    cfg = copy.deepcopy(retinanet_cfg)
    del cfg['discriminator']
    cfg.roi_sampler = dict(roi_feat_size=14)
    model = MODELS.build(cfg)
    assert model.discriminator.roi_feat_size == 14
