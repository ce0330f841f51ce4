from pathlib import Path

import pytest
import torch
from mmdet.datasets import CocoDataset, CocoPanopticDataset
from mmdet.registry import MODELS
from mmengine.config import Config

CONFIG = Path(__file__).parents[3] / 'configs/baselines/panoptic-fpn_r50_fpn_1x_coco.py'


@pytest.fixture(scope='module')
def cfg():
    cfg = Config.fromfile(str(CONFIG))
    cfg.model.backbone.update(depth=18, init_cfg=None)
    cfg.model.neck.in_channels = [64, 128, 256, 512]
    cfg.model.test_cfg.rpn.max_per_img = 20
    cfg.model.test_cfg.rcnn.score_thr = 0.0
    return cfg.model


def build(cfg, **changes):
    return MODELS.build({**cfg, **changes}).eval()


def test_predicts_the_instances_of_the_mask_rcnn_within(cfg, batch):
    model = build(cfg)
    parts = {k: v for k, v in cfg.items() if 'semantic' not in k and 'fusion' not in k}
    reference = build(parts, type='MaskRCNN')
    reference.load_state_dict(model.state_dict(), strict=False)
    with torch.no_grad():
        pairs = list(
            zip(*(m.test_step(batch()) for m in (model, reference)), strict=True)
        )
    assert len(pairs) == 2
    for found, expected in pairs:
        found, expected = found.pred_instances, expected.pred_instances
        assert len(found) > 0
        for key in ('bboxes', 'scores', 'labels', 'masks'):
            torch.testing.assert_close(found[key], expected[key], rtol=0, atol=0)


def test_loss_is_that_of_mmdets_panoptic_fpn(cfg, batch):
    model = build(cfg)
    reference = build(cfg, type='PanopticFPN')
    reference.load_state_dict(model.state_dict())
    losses = []
    for each in (model, reference):
        torch.manual_seed(0)
        data = each.data_preprocessor(batch(with_mask=True, with_semantic=True), True)
        losses.append(each(**data, mode='loss'))
    assert 'loss_seg' in losses[0]
    torch.testing.assert_close(*losses, rtol=0, atol=0)


def test_labels_of_instances_are_those_of_the_boxes_annotations():
    classes = CocoDataset.METAINFO['classes']
    assert CocoPanopticDataset.METAINFO['thing_classes'] == classes
