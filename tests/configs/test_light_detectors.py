"""Light forms of published detectors: what they keep, and what their anchors find."""

import numpy as np
import pytest
import torch
from mmdet.registry import TASK_UTILS
from mmdet.structures.bbox import bbox_overlaps
from mmengine.config import ConfigDict
from mmengine.hub import get_config

#: Of mmdet, by the name of the light form.
PUBLISHED = {
    'retinanet_r18_fpn': 'retinanet/retinanet_r50_fpn_1x_coco.py',
    'ssd_r18': 'ssd/ssd300_coco.py',
    'cornernet_r18_fpn': 'cornernet/cornernet_hourglass104_8xb6-210e-mstest_coco.py',
    'dino_r18': 'dino/dino-4scale_r50_8xb2-12e_coco.py',
}
#: mmdet's defaults, which some of its configs repeat.
DEFAULTS = dict(loss_weight=1.0, beta=1.0, debug=False, ignore_iof_thr=-1)


def light(name):
    return f'baselines/{name}_small_deeppcb-160.py'


def without_defaults(cfg):
    if not isinstance(cfg, dict):
        return cfg
    found = {k: without_defaults(v) for k, v in cfg.items()}
    return {k: v for k, v in found.items() if v != DEFAULTS.get(k, ...)}


@pytest.mark.parametrize('name', PUBLISHED)
def test_losses_and_assignment_are_those_of_mmdet(load, name):
    found, published = (
        ConfigDict(cfg.model)
        for cfg in (load(light(name)), get_config(f'mmdet::{PUBLISHED[name]}'))
    )
    assert found.type == published.type
    losses = {k for k in published.bbox_head if k.startswith('loss_')}
    assert losses == {k for k in found.bbox_head if k.startswith('loss_')}
    for key in losses:
        pair = found.bbox_head[key], published.bbox_head[key]
        assert without_defaults(pair[0]) == without_defaults(pair[1])
    pair = (without_defaults(x.get('train_cfg') or {}) for x in (found, published))
    assert next(pair) == next(pair)


def test_dino_learns_by_its_own_recipe(load):
    found = load(light('dino_r18')).optim_wrapper
    published = get_config(f'mmdet::{PUBLISHED["dino_r18"]}').optim_wrapper
    for key in ('lr', 'weight_decay'):
        assert found.optimizer[key] == published.optimizer[key]
    assert found.clip_grad.max_norm == published.clip_grad.max_norm
    assert found.paramwise_cfg.custom_keys == published.paramwise_cfg.custom_keys


@pytest.mark.parametrize('name', ['retinanet_r18_fpn', 'ssd_r18'])
def test_anchors_find_small_objects_at_160_px(load, name):
    generator = TASK_UTILS.build(load(light(name)).model.bbox_head.anchor_generator)
    sizes = [(-(-160 // s), -(-160 // s)) for s, _ in generator.strides]
    anchors = torch.cat(generator.grid_priors(sizes, device='cpu'))
    # As on the boards: sides of 6 to 16 px.
    random = np.random.default_rng(0)
    sides, corners = random.uniform(6, 16, (500, 2)), random.uniform(0, 144, (500, 2))
    boxes = torch.tensor(np.hstack([corners, corners + sides]), dtype=torch.float)
    best = bbox_overlaps(boxes, anchors).amax(1)
    assert (best >= 0.5).float().mean() > 0.75
