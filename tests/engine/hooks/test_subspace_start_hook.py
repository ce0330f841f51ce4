import copy
import pickle
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from mmdet_sodgan.engine.hooks import SubspaceStartHook
from mmdet_sodgan.models.generators import NarrowPyramidGenerator

FULL_WIDTH = {
    'model.generator.type': 'PyramidGenerator',
    'model.rpn_head.type': 'SODGANRPNHead',
    'model.rpn_head.anchor_generator.strides': [2, 4, 8, 16, 32, 64],
}


def start(model, data):
    """What happens before the first iteration."""
    SubspaceStartHook().before_train_iter(SimpleNamespace(model=model, iter=0), 0, data)


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
    start(model, data)
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


def test_a_trained_generator_is_left_alone(build_sodgan, batch, starts):
    model = build_sodgan()
    model.generator.mix.weight.data[0, 0] = 0.1
    start(model, batch())
    assert not starts


def test_no_random_number_of_a_degradation_is_used_up(build_sodgan, batch, starts):
    degradation = dict(type='Degradation', blur_sigma=(0, 2), noise_std=(0, 10))
    model = build_sodgan({'model.data_preprocessor.degradation': degradation})
    data = batch()
    before = torch.get_rng_state()
    start(model, data)
    assert len(starts) == 1 and torch.equal(torch.get_rng_state(), before)
    # In training it draws some.
    model.data_preprocessor(data, True)
    assert not torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize('options', [FULL_WIDTH, None])
def test_other_detectors_are_left_alone(build_sodgan, options):
    model = build_sodgan(options) if options else torch.nn.Linear(2, 2)
    before = copy.deepcopy(model.state_dict())
    start(model, {})
    torch.testing.assert_close(dict(model.state_dict()), dict(before), rtol=0, atol=0)


@pytest.mark.slow
def test_every_process_starts_from_the_batch_of_the_first(
    build_sodgan, sodgan_cfg, make_batch, ranks, tmp_path
):
    model, batches = build_sodgan(), [make_batch(0, 1), make_batch(2, 3)]
    job = (sodgan_cfg().model.to_dict(), model.state_dict(), batches)
    (tmp_path / 'job.pkl').write_bytes(pickle.dumps(job))
    ranks(Path(__file__).with_name('rank_start.py'), 'start', tmp_path)
    start(model, batches[0])
    expected = dict(model.generator.state_dict())
    for rank in range(2):
        found = torch.load(tmp_path / f'{rank}.pt', weights_only=True)
        torch.testing.assert_close(dict(found), expected, rtol=1e-4, atol=1e-5)
