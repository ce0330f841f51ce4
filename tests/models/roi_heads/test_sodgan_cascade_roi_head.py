import copy
from pathlib import Path

import pytest
import torch
from mmdet.models.roi_heads import CascadeRoIHead
from mmdet.registry import MODELS
from mmengine.config import Config

from mmdet_sodgan.models.utils import FineLevel, PooledRoIs

CASCADE = (
    Path(__file__).parents[3] / 'configs/sodgan/sodgan-cascade-rcnn_r50_fpn_1x_coco.py'
)


@pytest.fixture(scope='module')
def cascade_cfg(as_published):
    """A narrow Cascade R-CNN of six classes with the reconstructed level."""
    cfg = Config.fromfile(str(CASCADE))
    cfg.merge_from_dict(as_published)
    narrow = {
        'model.backbone.depth': 18,
        'model.backbone.init_cfg': None,
        'model.neck.in_channels': [64, 128, 256, 512],
        'model.neck.out_channels': 16,
        'model.rpn_head.in_channels': 16,
        'model.rpn_head.feat_channels': 16,
        'model.roi_head.bbox_roi_extractor.out_channels': 16,
        'model.generator.mid_channels': 16,
        'model.discriminator.conv_channels': 16,
        'model.train_cfg.rpn_proposal.max_per_img': 50,
        'model.test_cfg.rpn.max_per_img': 50,
    }
    cfg.merge_from_dict(narrow)
    for head in cfg.model.roi_head.bbox_head:
        head.update(in_channels=16, fc_out_channels=32, num_classes=6)
    for stage in cfg.model.train_cfg.rcnn:
        stage.sampler.num = 32
    return cfg.model


@pytest.fixture
def build_cascade(cascade_cfg):
    """Factory of that detector, in training mode."""

    def make():
        torch.manual_seed(0)
        model = MODELS.build(copy.deepcopy(cascade_cfg))
        model.init_weights()
        return model.train()

    return make


def test_losses_are_those_of_mmdets_cascade(build_cascade, cascade_cfg, batch):
    model = build_cascade()
    cfg = copy.deepcopy(cascade_cfg)
    plain = MODELS.build(
        dict(cfg.roi_head, type='CascadeRoIHead', train_cfg=cfg.train_cfg.rcnn)
    )
    plain.load_state_dict(model.roi_head.state_dict())
    model.roi_head.returns_samples = False
    data = model.data_preprocessor(batch(), True)
    feats = model.extract_feat(data['inputs'])
    losses = []
    for head in (model.roi_head, plain):
        torch.manual_seed(1)
        _, proposals = model.rpn_head.loss_and_predict(
            feats, copy.deepcopy(data['data_samples']), model.train_cfg.rpn_proposal
        )
        torch.manual_seed(2)
        losses.append(head.loss(feats, proposals, data['data_samples']))
    assert {f's{i}.loss_cls' for i in range(3)} <= losses[0].keys()
    torch.testing.assert_close(*losses, rtol=0, atol=0)


@pytest.mark.parametrize('stage', [0, 2])
def test_test_time_is_mmdets_cascade_on_z_sr(build_cascade, monkeypatch, stage):
    head = build_cascade().roi_head.eval()
    levels = tuple(torch.randn(1, 16, 64 >> i, 64 >> i) for i in range(4))
    fine = FineLevel(torch.randn(1, 4, 128, 128), torch.nn.Conv2d(4, 16, 1), 2)
    rois = torch.tensor([[0, 9, 9, 30, 40], [0, 8, 8, 200, 150]]).repeat(9, 1).float()
    expected = CascadeRoIHead._bbox_forward(head, stage, (fine.dense(), *levels), rois)
    monkeypatch.setattr(PooledRoIs, 'dense', None)
    found = head._bbox_forward(stage, (fine, *levels), rois)
    for name in ('cls_score', 'bbox_pred'):
        torch.testing.assert_close(found[name], expected[name], rtol=0, atol=1e-5)


def test_first_stages_rois_are_sampled(build_cascade, batch, monkeypatch):
    model = build_cascade()
    stages = []
    for i, sampler in enumerate(model.roi_head.bbox_sampler):
        sample = sampler.sample

        def keep(*args, _i=i, _sample=sample, **kwargs):
            result = _sample(*args, **kwargs)
            stages.append((_i, result))
            return result

        monkeypatch.setattr(sampler, 'sample', keep)
    data = model.data_preprocessor(batch(num_items=[5, 5]), True)
    _, pair = model(**data, mode='pair')
    first = [result for stage, result in stages if stage == 0]
    assert len(stages) == 6 and len(first) == 2
    # Images of 64 px: all RoIs but those near the whole image are small.
    expected, labels = [], []
    for result in first:
        sides = (result.priors[:, 2:] - result.priors[:, :2]).prod(1).sqrt()
        small = sides < 56
        expected.append(small.sum())
        full = torch.full((len(result.priors),), 6)
        full[: len(result.pos_priors)] = result.pos_gt_labels
        labels.append(full[small])
    assert len(pair.feats) == len(pair.hr_feats) == sum(expected) > 0
    assert torch.equal(pair.labels, torch.cat(labels))


def test_step_updates_every_trained_part(build_cascade, batch):
    model = build_cascade()
    losses = model(**model.data_preprocessor(batch(), True), mode='loss')
    assert {'loss_g_adv', 'loss_mse', 's2.loss_bbox'} <= losses.keys()
    total, _ = model.parse_losses(losses)
    total.backward()
    # The residual starts at zero, so that at first only its last layer learns.
    assert model.generator.project.weight.grad.abs().sum() > 0
    for part in (model.neck, model.rpn_head, *model.roi_head.bbox_head):
        assert any(p.grad is not None and p.grad.any() for p in part.parameters())
