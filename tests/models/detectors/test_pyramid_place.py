"""What a teacher changes: who learns from L_MSE, and the aligned levels."""

import copy

import numpy as np
import pytest
import torch

from mmdet_sodgan.models.utils import region_masks
from mmdet_sodgan.structures import GANSchedule

ALIGNED = {
    'model.composite_loss.align': dict(_delete_=True, loss_weight=2.0),
    'model.composite_loss.adv': None,
    'model.composite_loss.cls': None,
    'model.composite_loss.reg': None,
}


@pytest.fixture
def taught(build_sodgan, tmp_path):
    """Factory of a SODGAN with a teacher of other weights than its own."""

    def make(options=None):
        teacher = build_sodgan()
        for value in teacher.neck.parameters():
            torch.nn.init.normal_(value, std=0.1)
        path = tmp_path / 'teacher.pth'
        torch.save(teacher.state_dict(), path)
        return build_sodgan(
            ALIGNED | {'model.teacher.checkpoint': str(path)} | (options or {})
        )

    return make


def trained_parts(model, loss):
    model.zero_grad()
    loss.backward()
    return {
        name.split('.')[0]
        for name, p in model.named_parameters()
        if p.grad is not None and p.grad.abs().sum() > 0
    }


def test_a_teachers_reconstruction_terms_train_the_host_too(taught, batch):
    model = taught()
    calls = []
    model.generator.register_forward_hook(lambda *_: calls.append(1))
    losses = model(**model.data_preprocessor(batch(), True), mode='loss')
    assert trained_parts(model, losses['loss_mse']) == {'generator', 'backbone', 'neck'}
    # One pass serves the detector and the reconstruction.
    assert len(calls) == 1


def test_alignment_trains_the_host_alone(taught, batch):
    model = taught()
    losses = model(**model.data_preprocessor(batch(), True), mode='loss')
    assert trained_parts(model, losses['loss_align']) == {'backbone', 'neck'}


@pytest.mark.parametrize(
    'options',
    [
        {},
        {
            'model.data_preprocessor.scale_factor': 4,
            'model.roi_head.bbox_roi_extractor.featmap_strides': [1, 4, 8, 16, 32],
        },
    ],
    ids=['r2', 'r4'],
)
def test_levels_are_compared_with_the_teachers_of_the_same_grid(taught, batch, options):
    model = taught(options)
    # Evaluation mode, so that both networks are functions of their input alone.
    model.backbone.eval()
    data = model.data_preprocessor(batch((128, 192), (100, 150)), True)
    with torch.no_grad():
        losses = model(**data, mode='loss')
        levels = model.extract_feat(data['inputs'])[1:]
        targets = model.teacher(data['hr_inputs'])
    shift = int(np.log2(model.generator.scale_factor))
    expected = []
    for level, target, stride in zip(
        levels, targets[shift:], (4, 8, 16, 32, 64), strict=False
    ):
        assert level.shape == target.shape
        valid, inside = region_masks(data['data_samples'], level, stride, float('inf'))
        valid, inside = valid.numpy(), inside.numpy()
        error = ((level - target) ** 2).mean(1).numpy()
        error /= (target**2).mean(1).numpy()[valid].mean()
        part = [
            error[m].mean() if m.any() else 0 for m in (valid & inside, valid & ~inside)
        ]
        expected.append(2.0 * np.mean(part))
    assert len(expected) == 5 - shift
    assert float(losses['loss_align']) == pytest.approx(np.mean(expected), rel=1e-4)


def test_schedule_weighs_the_alignment(taught, batch):
    model = taught()
    data = model.data_preprocessor(batch(), True)
    model.backbone.eval()
    found = []
    for weight in (1.0, 0.25, 0.0):
        model.gan_schedule = GANSchedule(reconstruction=weight)
        with torch.no_grad():
            losses = model(**copy.deepcopy(data), mode='loss')
        found.append(float(losses.get('loss_align', 0.0)))
    assert found[1] == pytest.approx(found[0] / 4, rel=1e-5)
    assert found[2] == 0.0 < found[0]
