"""The method on a GPU: a step in both precisions, and the results of the CPU."""

import copy

import pytest
import torch
from mmengine.optim import build_optim_wrapper

pytestmark = [
    pytest.mark.cuda,
    pytest.mark.skipif(
        not torch.cuda.is_available(), reason='torch finds no CUDA device'
    ),
]
LOSSES = {
    'loss_rpn_cls',
    'loss_rpn_bbox',
    'loss_cls',
    'loss_bbox',
    'loss_mse',
    'loss_tv',
    'loss_g_adv',
    'loss_g_cls',
    'loss_g_reg',
    'loss_d_real',
    'loss_d_fake',
}


@pytest.fixture(autouse=True)
def exact_convolutions():
    """Leave out TF32, whose ten bits of mantissa are not the CPU's."""
    with torch.backends.cudnn.flags(
        enabled=True, benchmark=False, deterministic=True, allow_tf32=False
    ):
        yield


@pytest.mark.parametrize('kind', ['OptimWrapper', 'AutocastOptimWrapper'])
def test_training_step_updates_both_groups(sodgan_cfg, build_sodgan, batch, kind):
    model = build_sodgan().cuda()
    cfg = sodgan_cfg().optim_wrapper
    cfg.type = cfg.discriminator.type = kind
    wrappers = build_optim_wrapper(model, cfg)
    before = {k: p.clone() for k, p in model.named_parameters() if p.requires_grad}
    log = model.train_step(batch(), wrappers)
    assert LOSSES <= log.keys()
    assert all(torch.as_tensor(value).isfinite().all() for value in log.values())
    moved = {
        key.split('.')[0]
        for key, value in model.named_parameters()
        if key in before and not torch.equal(value, before[key])
    }
    assert moved == {key.split('.')[0] for key in before}
    assert all(p.is_cuda for p in model.parameters())


def separate_scores(model):
    """Spread an untrained network's scores, so that rounding reorders none."""
    for layer in (model.rpn_head.rpn_cls, model.roi_head.bbox_head.fc_cls):
        torch.nn.init.normal_(layer.weight, std=1.0)


def test_features_and_rpn_outputs_equal_those_of_the_cpu(build_sodgan, batch):
    model = build_sodgan()
    torch.nn.init.normal_(model.generator.project.weight, std=0.1)
    data = batch()
    found = []
    for device in ('cpu', 'cuda'):
        clone = copy.deepcopy(model).to(device)
        inputs = clone.data_preprocessor(copy.deepcopy(data), True)
        with torch.no_grad():
            feats = clone.extract_feat(inputs['inputs'])
            scores, deltas = clone.rpn_head(feats)
            target = clone.teacher(inputs['hr_inputs'])[0]
        found.append([x.cpu() for x in (*feats, *scores, *deltas, target)])
    torch.testing.assert_close(*found, atol=1e-3, rtol=1e-3)


def test_predictions_equal_those_of_the_cpu(build_sodgan, batch):
    model = build_sodgan().eval()
    separate_scores(model)
    data = batch()
    found = []
    for device in ('cpu', 'cuda'):
        clone = copy.deepcopy(model).to(device)
        with torch.no_grad():
            results = clone.test_step(copy.deepcopy(data))
        found.append([result.pred_instances.cpu() for result in results])
    for ours, expected in zip(*reversed(found), strict=True):
        assert len(expected) > 0 and torch.equal(ours.labels, expected.labels)
        for key in ('bboxes', 'scores'):
            torch.testing.assert_close(ours[key], expected[key], atol=1e-3, rtol=1e-3)
