from types import SimpleNamespace

import pytest
import torch
from mmengine.optim import OptimWrapper

from mmdet_sodgan.engine.hooks import AlternatingOptimHook


def test_weights_are_piecewise_linear_in_the_progress():
    hook = AlternatingOptimHook(
        adversarial=[(0.1, 0.0), (0.3, 1.0), (0.9, 0.5)],
        reconstruction=[(0.0, 2.0), (1.0, 0.0)],
    )
    schedules = [hook.schedule(i, 100) for i in range(100)]
    adversarial = [schedule.adversarial for schedule in schedules]
    expected = (
        [0.0] * 10  # none before the first point
        + [(i - 10) / 20 for i in range(10, 30)]  # ramp
        + [1 - 0.5 * (i - 30) / 60 for i in range(30, 90)]  # decay
        + [0.5] * 10  # the last point's from there on
    )
    assert adversarial == pytest.approx(expected)
    assert [schedule.reconstruction for schedule in schedules] == pytest.approx(
        [2 - 2 * i / 100 for i in range(100)]
    )


def test_discriminator_learns_at_its_interval_within_its_span():
    hook = AlternatingOptimHook(
        discriminator_steps=2,
        discriminator_interval=3,
        discriminator_span=(0.2, 0.7),
    )
    steps = [hook.schedule(i, 20).discriminator_steps for i in range(20)]
    learns = {6, 9, 12}  # multiples of 3 in [4, 14]
    assert steps == [2 if i in learns else 0 for i in range(20)]


def test_discriminator_learns_before_the_default_adversarial_weight_rises():
    hook = AlternatingOptimHook()
    schedules = [hook.schedule(i, 1000) for i in range(1000)]
    first_d_step = next(i for i, s in enumerate(schedules) if s.discriminator_steps)
    first_adversarial = next(i for i, s in enumerate(schedules) if s.adversarial)
    assert first_d_step + 100 <= first_adversarial


@pytest.mark.parametrize(
    ('key', 'value'),
    [
        ('adversarial', []),
        ('adversarial', [(0.5, 1.0), (0.2, 0.0)]),
        ('adversarial', [(0.0, 1.0), (1.2, 0.0)]),
        ('adversarial', [(0.0, -0.1)]),
        ('reconstruction', [(-0.1, 1.0)]),
        ('discriminator_span', (0.6, 0.5)),
        ('discriminator_span', (0.0, 1.5)),
        ('discriminator_span', (0.5,)),
        ('discriminator_steps', 0),
        ('discriminator_interval', 0),
    ],
)
def test_bad_settings_are_named(key, value):
    with pytest.raises(ValueError, match=f'AlternatingOptimHook.*{key}') as error:
        AlternatingOptimHook(**{key: value})
    assert str(value) in str(error.value)


def test_hr_branch_starts_as_a_copy_and_then_moves_by_its_momentum(train, runner_cfg):
    cfg = runner_cfg(
        'average',
        {
            'train_cfg.max_epochs': 1,
            'train_cfg.val_interval': 10,
            'model.hr_branch.momentum': 0.25,
        },
    )
    runner, record = train(cfg)
    assert len(record.weights) == 4
    expected = record.weights[0]
    for weight in record.weights[1:]:
        assert not torch.equal(weight, expected)
        expected = 0.75 * expected + 0.25 * weight
    average = runner.model.hr_branch.average.module.backbone.conv1.weight
    torch.testing.assert_close(average, expected, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize('resume', [False, True], ids=['load_from', 'resume'])
def test_teacher_outlives_the_weights_of_a_loaded_checkpoint(
    train, runner_cfg, build_sodgan, tmp_path, resume
):
    options = {'train_cfg.max_epochs': 1, 'train_cfg.val_interval': 10}
    # Its HR branch is an average.
    train(runner_cfg('student', options))
    teacher = build_sodgan()
    for parameter in teacher.parameters():
        torch.nn.init.normal_(parameter)
    torch.save(teacher.state_dict(), tmp_path / 'teacher.pth')
    cfg = runner_cfg(
        'taught',
        options
        | {
            'train_cfg.max_epochs': 2,
            'model.hr_branch.checkpoint': str(tmp_path / 'teacher.pth'),
        },
    )
    cfg.load_from = str(tmp_path / 'student/epoch_1.pth')
    cfg.resume = resume
    runner, record = train(cfg)
    assert len(record.losses) == (3 if resume else 6)
    average = runner.model.hr_branch.average.module.state_dict()
    for name, value in average.items():
        assert torch.equal(value, teacher.state_dict()[name]), name


def test_frozen_branch_keeps_what_training_started_from_also_over_a_resume(
    train, runner_cfg, build_sodgan, tmp_path
):
    teacher = build_sodgan()
    for parameter in teacher.parameters():
        torch.nn.init.normal_(parameter, std=0.01)
    torch.save(teacher.state_dict(), tmp_path / 'teacher.pth')
    options = {
        'train_cfg.max_epochs': 1,
        'train_cfg.val_interval': 10,
        'model.hr_branch.frozen': True,
        'load_from': str(tmp_path / 'teacher.pth'),
    }
    train(runner_cfg('taught', options))
    cfg = runner_cfg('taught', options | {'train_cfg.max_epochs': 2})
    cfg.load_from, cfg.resume = None, True
    runner, record = train(cfg)
    assert len(record.losses) == 3
    state = teacher.state_dict()
    for name, value in runner.model.hr_branch.average.module.state_dict().items():
        torch.testing.assert_close(value, state[name], rtol=0, atol=0, msg=name)
    moved = runner.model.backbone.conv1.weight
    assert not torch.equal(moved, state['backbone.conv1.weight'])


def test_a_teacher_that_was_never_trained_is_refused(train, runner_cfg):
    cfg = runner_cfg('untaught', {'model.hr_branch.frozen': True})
    with pytest.raises(ValueError, match='frozen is True but load_from is None'):
        train(cfg)


def test_model_of_another_kind_is_named():
    runner = SimpleNamespace(model=torch.nn.Linear(1, 1))
    with pytest.raises(TypeError, match='the model is Linear; .*custom_hooks'):
        AlternatingOptimHook().before_train(runner)


def test_single_optimizer_wrapper_is_named(build_sodgan):
    model = build_sodgan()
    wrapper = OptimWrapper(torch.optim.SGD(model.parameters(), lr=0.1))
    runner = SimpleNamespace(model=model, optim_wrapper=wrapper)
    with pytest.raises(TypeError, match="constructor='GANOptimWrapperConstructor'"):
        AlternatingOptimHook().before_train(runner)
