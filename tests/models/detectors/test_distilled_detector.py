"""Distillation into a plain detector: loss, grids, gradients, predictions."""

import copy

import numpy as np
import pytest
import torch
from mmdet.registry import MODELS
from mmengine.config import Config
from mmengine.structures import InstanceData

from mmdet_sodgan.structures import GANSchedule

LOSS = {'model.type': 'DistilledDetector'}
LOSS |= {'model.composite_loss': dict(align=dict(loss_weight=2.0))}
LOSS |= {'model.data_preprocessor.with_hr': True}
ENLARGED = {'model.data_preprocessor.type': 'UpscaledInputPreprocessor'}
SCALE = 'model.data_preprocessor.input_scale'


@pytest.fixture
def distilled(build_plain):
    """Factory of a small detector; with a factor its input is enlarged."""

    def make(factor=None, options=None):
        scaled = {} if factor is None else ENLARGED | {SCALE: factor}
        model = build_plain(LOSS | scaled | (options or {}))
        model.teacher.update(model.backbone, model.neck)
        # Else the teacher's levels would be the student's on another image.
        for parameter in model.teacher.parameters():
            parameter.data.mul_(1.1)
        return model

    return make


def losses_of(model, data):
    return model(**model.data_preprocessor(data, True), mode='loss')


def numpy_align(level, target, step, boxes, stride, shape):
    """L_align of one level and image as its formula says, cell by cell."""
    _, height, width = level.shape
    error, power = np.zeros((height, width)), np.zeros((height, width))
    inside = np.zeros((height, width), bool)
    for i in range(height):
        for j in range(width):
            y, x = (
                min(step * i, target.shape[1] - 1),
                min(step * j, target.shape[2] - 1),
            )
            (a, b), value = (int(y), int(x)), 0.0
            for p, u in ((a, 1 - y + a), (a + 1, y - a)):
                for q, v in ((b, 1 - x + b), (b + 1, x - b)):
                    if u * v > 0:
                        value = value + u * v * target[:, p, q]
            error[i, j] = ((level[:, i, j] - value) ** 2).mean()
            power[i, j] = (value**2).mean()
            inside[i, j] = any(
                np.floor(x1 / stride) <= j < np.ceil(x2 / stride)
                and np.floor(y1 / stride) <= i < np.ceil(y2 / stride)
                for x1, y1, x2, y2 in boxes
            )
    valid = np.zeros((height, width), bool)
    valid[: -(-shape[0] // stride), : -(-shape[1] // stride)] = True
    error = error / power[valid].mean()
    parts = [error[valid & mask] for mask in (inside, ~inside)]
    return sum(0.5 * (part.mean() if part.size else 0.0) for part in parts)


@pytest.mark.parametrize(
    ('factor', 'shift', 'step'), [(None, 1, 1.0), (1.25, 0, 1.6), (1.5, 0, 4 / 3)]
)
def test_loss_is_that_of_the_formula(distilled, batch, factor, shift, step):
    model = distilled(factor)
    data = model.data_preprocessor(batch((128, 128)), True)
    assert tuple(data['hr_inputs'].shape[-2:]) == (128, 128)
    with torch.no_grad():
        levels = [x[0].double().numpy() for x in model.extract_feat(data['inputs'])]
        targets = [x[0].double().numpy() for x in model.teacher(data['hr_inputs'])]
        model.gan_schedule = GANSchedule(reconstruction=0.5)
        found = model(**data, mode='loss')['loss_align']
    (sample,) = data['data_samples']
    boxes, shape = sample.gt_instances.bboxes.numpy(), sample.img_shape
    strides = (4, 8, 16, 32, 64)
    each = [
        numpy_align(level, target, step, boxes, stride, shape)
        for level, target, stride in zip(levels, targets[shift:], strides, strict=False)
    ]
    assert len(each) == 5 - shift
    assert found.item() == pytest.approx(0.5 * 2.0 * np.mean(each), rel=1e-4)


@pytest.mark.parametrize('factor', [1, 1.25, 1.5, 1.75, 2])
def test_levels_of_a_ramp_are_compared_where_they_lie(factor):
    """A cell of stride s lies at pixel s * i, whichever the image: no error is left."""
    loss = MODELS.build(dict(type='CompositeLoss', align=dict(relative=False)))

    def pyramid(side, pixel):
        # A level's value is where its cell lies, in pixels of the HR image.
        found = []
        for stride in (4, 8, 16):
            x = torch.arange(-(-side // stride)) * stride * pixel
            found.append((x[:, None] + 1000 * x[None]).expand(1, 2, -1, -1))
        return found

    side = int(160 * factor)
    levels, targets = pyramid(side, 2 / factor), pyramid(320, 1.0)
    sample = InstanceData(metainfo=dict(img_shape=(side - 16 * factor,) * 2))
    sample.gt_instances = InstanceData(bboxes=torch.zeros(0, 4))
    args = (4, 8, 16), targets, 2 / factor, [sample], 1.0
    assert loss.alignment(levels, *args)['loss_align'] < 1e-3
    shifted = [level + 1.0 for level in levels]
    assert loss.alignment(shifted, *args)['loss_align'] > 0.4


def test_teacher_takes_no_gradient_and_the_student_does(distilled, batch):
    model = distilled(1.5)
    before = copy.deepcopy(model.teacher.state_dict())
    losses_of(model, batch((128, 128), (96, 128)))['loss_align'].backward()
    assert all(p.grad is None for p in model.teacher.parameters())
    assert model.backbone.conv1.weight.grad.abs().sum() > 0
    torch.testing.assert_close(model.teacher.state_dict(), before, rtol=0, atol=0)
    assert not model.teacher.training


def test_detection_losses_are_those_of_the_plain_detector(
    distilled, build_plain, batch
):
    model, plain = distilled(), build_plain()
    plain.load_state_dict(model.state_dict(), strict=False)
    found = []
    for each in (model, plain):
        torch.manual_seed(0)
        data = each.data_preprocessor(batch((128, 128)), True)
        found.append(each(**data, mode='loss'))
    assert found[0].pop('loss_align') > 0
    torch.testing.assert_close(*found)


def test_schedule_without_weight_runs_no_teacher(distilled, batch):
    model = distilled()
    model.teacher.forward = None
    model.gan_schedule = GANSchedule(reconstruction=0.0)
    assert 'loss_align' not in losses_of(model, batch((128, 128)))


def test_prediction_is_that_of_the_plain_detector(distilled, build_plain, batch):
    model, plain = distilled(1.5).eval(), build_plain(ENLARGED | {SCALE: 1.5}).eval()
    plain.load_state_dict(model.state_dict(), strict=False)
    with torch.no_grad():
        ours, expected = (x.test_step(batch((128, 96))) for x in (model, plain))
    for key in ('bboxes', 'scores', 'labels'):
        pair = (x[0].pred_instances[key] for x in (ours, expected))
        torch.testing.assert_close(*pair, rtol=0, atol=0)
    assert len(ours[0].pred_instances) > 0


def test_batch_without_hr_images_is_named(distilled, batch):
    model = distilled(options={'model.data_preprocessor.with_hr': False})
    with pytest.raises(ValueError, match=r'set data_preprocessor\.with_hr=True'):
        losses_of(model, batch((128, 128)))


@pytest.mark.parametrize(
    ('options', 'match'),
    [
        (dict(composite_loss=dict(align={}, mse={})), r"\['mse', 'align'\]"),
        (dict(composite_loss=dict(align=None)), r'terms \[\]'),
        (
            dict(data_preprocessor=dict(type='DetDataPreprocessor')),
            'is a DetDataPreprocessor; DistilledDetector needs',
        ),
    ],
)
def test_parts_that_do_not_fit_are_refused(config_files, options, match):
    cfg = config_files['plain'].model.to_dict() | options
    cfg = dict(dict(composite_loss=dict(align={})) | cfg, type='DistilledDetector')
    with pytest.raises(ValueError, match=match):
        MODELS.build(Config(cfg))
