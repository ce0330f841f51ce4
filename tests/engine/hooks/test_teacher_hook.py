from types import SimpleNamespace

import pytest
import torch

from mmdet_sodgan.engine.hooks import TeacherHook


def test_teacher_starts_as_a_copy_and_then_moves_by_its_momentum(train, runner_cfg):
    cfg = runner_cfg(
        'average',
        {
            'train_cfg.max_epochs': 1,
            'train_cfg.val_interval': 10,
            'model.teacher.momentum': 0.25,
        },
    )
    runner, record = train(cfg)
    assert len(record.weights) == 4
    expected = record.weights[0]
    for weight in record.weights[1:]:
        assert not torch.equal(weight, expected)
        expected = 0.75 * expected + 0.25 * weight
    average = runner.model.teacher.ema.module.backbone.conv1.weight
    torch.testing.assert_close(average, expected, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize('resume', [False, True], ids=['load_from', 'resume'])
def test_teacher_outlives_the_weights_of_a_loaded_checkpoint(
    train, runner_cfg, build_sodgan, tmp_path, resume
):
    options = {'train_cfg.max_epochs': 1, 'train_cfg.val_interval': 10}
    # Its teacher is an average.
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
            'model.teacher.checkpoint': str(tmp_path / 'teacher.pth'),
        },
    )
    cfg.load_from = str(tmp_path / 'student/epoch_1.pth')
    cfg.resume = resume
    runner, record = train(cfg)
    assert len(record.losses) == (3 if resume else 6)
    average = runner.model.teacher.ema.module.state_dict()
    for name, value in average.items():
        assert torch.equal(value, teacher.state_dict()[name]), name


def test_frozen_teacher_keeps_what_training_started_from_also_over_a_resume(
    train, runner_cfg, build_sodgan, tmp_path
):
    teacher = build_sodgan()
    for name, parameter in teacher.named_parameters():
        if not name.startswith('generator.'):
            torch.nn.init.normal_(parameter, std=0.01)
    torch.save(teacher.state_dict(), tmp_path / 'teacher.pth')
    options = {
        'train_cfg.max_epochs': 1,
        'train_cfg.val_interval': 10,
        'model.teacher.frozen': True,
        'load_from': str(tmp_path / 'teacher.pth'),
    }
    train(runner_cfg('taught', options))
    cfg = runner_cfg('taught', options | {'train_cfg.max_epochs': 2})
    cfg.load_from, cfg.resume = None, True
    runner, record = train(cfg)
    assert len(record.losses) == 3
    state = teacher.state_dict()
    for name, value in runner.model.teacher.ema.module.state_dict().items():
        torch.testing.assert_close(value, state[name], rtol=0, atol=0, msg=name)
    moved = runner.model.backbone.conv1.weight
    assert not torch.equal(moved, state['backbone.conv1.weight'])


def test_a_student_is_not_taken_for_its_own_teacher(
    train, runner_cfg, build_sodgan, tmp_path
):
    student = build_sodgan()
    for parameter in student.generator.parameters():
        torch.nn.init.normal_(parameter, std=0.01)
    published = {
        name: value
        for name, value in student.state_dict().items()
        if not name.startswith(student.training_only)
    }
    torch.save(published, tmp_path / 'published.pth')
    options = {
        'model.teacher.frozen': True,
        'load_from': str(tmp_path / 'published.pth'),
    }
    with pytest.raises(ValueError, match='set model.teacher.checkpoint'):
        train(runner_cfg('own', options))


def test_detector_without_a_teacher_is_left_alone(train, runner_cfg):
    options = {
        'train_cfg.max_epochs': 1,
        'train_cfg.val_interval': 10,
        'model.composite_loss': dict(_delete_=True),
    }
    runner, record = train(runner_cfg('without', options))
    assert runner.model.teacher is None and len(record.losses) == 3


def test_a_teacher_that_no_hook_moves_is_refused(train, runner_cfg):
    cfg = runner_cfg('unmoved')
    cfg.custom_hooks = [h for h in cfg.custom_hooks if h.type != 'TeacherHook']
    with pytest.raises(ValueError, match="no TeacherHook.*add dict.type='TeacherHook'"):
        train(cfg)


def test_old_hook_moves_the_teacher_with_a_warning(train, runner_cfg):
    cfg = runner_cfg('old', {'train_cfg.max_epochs': 1, 'train_cfg.val_interval': 10})
    cfg.custom_hooks = [h for h in cfg.custom_hooks if h.type != 'TeacherHook']
    cfg.custom_hooks[0].type = 'AlternatingOptimHook'
    with pytest.warns(FutureWarning, match='called .GANScheduleHook and TeacherHook'):
        runner, record = train(cfg)
    # The copy at the start and one update an iteration.
    assert runner.model.teacher.ema.steps == len(record.losses) + 1


def test_a_detector_of_mmdets_is_left_alone():
    runner = SimpleNamespace(model=torch.nn.Linear(1, 1), iter=0)
    TeacherHook().before_train(runner)
    TeacherHook().after_train_iter(runner, 0)
