import copy
from types import SimpleNamespace

import pytest
import torch

from mmdet_sodgan.engine.hooks import SubspaceStartHook
from mmdet_sodgan.models.generators import NarrowPyramidGenerator


@pytest.fixture
def starts(monkeypatch):
    """The levels that generators were started from."""
    seen, start = [], NarrowPyramidGenerator.start_from

    def keep(self, feat):
        seen.append(feat.clone())
        start(self, feat)

    monkeypatch.setattr(NarrowPyramidGenerator, 'start_from', keep)
    return seen


def test_starts_once_and_not_after_a_resume(train, runner_cfg, starts):
    options = {'train_cfg.max_epochs': 2, 'train_cfg.val_interval': 10}
    cfg = runner_cfg('start', options)
    cfg.custom_hooks.append(dict(type='SubspaceStartHook'))
    _, record = train(copy.deepcopy(cfg))
    assert len(record.losses) == 6 and len(starts) == 1
    cfg.train_cfg.max_epochs, cfg.resume = 3, True
    _, record = train(cfg)
    assert len(record.losses) == 3 and len(starts) == 1


def test_the_generator_starts_from_the_first_batch_and_nothing_else_changes(
    build_sodgan, batch, starts
):
    model, data = build_sodgan(), batch((64, 96), (80, 64))
    boxes = [copy.deepcopy(x.gt_instances) for x in data['data_samples']]
    before, random = copy.deepcopy(model.state_dict()), torch.get_rng_state()
    SubspaceStartHook().before_train_iter(SimpleNamespace(model=model, iter=0), 0, data)
    changed = {
        name
        for name, value in model.state_dict().items()
        if not torch.equal(value, before[name])
    }
    assert changed == {
        f'generator.{layer}.{kind}'
        for layer in ('reduce', 'project')
        for kind in ('weight', 'bias')
    }
    assert torch.equal(torch.get_rng_state(), random) and model.training
    for sample, box in zip(data['data_samples'], boxes, strict=True):
        assert torch.equal(sample.gt_instances.bboxes, box.bboxes)
    images = model.data_preprocessor(data, True)['inputs']
    expected = model.eval().neck(model.backbone(images))[0]
    torch.testing.assert_close(starts[0], expected)


def test_other_detectors_are_left_alone(batch):
    model = torch.nn.Linear(2, 2)
    SubspaceStartHook().before_train_iter(SimpleNamespace(model=model, iter=0), 0, {})
