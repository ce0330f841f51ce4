from pathlib import Path

import pytest
import torch
from mmengine.config import Config
from mmengine.logging import MessageHub

from mmdet_sodgan.apis import runner
from mmdet_sodgan.cli.main import main


@pytest.fixture
def trained(tmp_path, monkeypatch):
    """Trains nothing, and returns the config that would be trained."""
    built = []

    class Runner:
        message_hub = MessageHub('test')

        def train(self):
            pass

    monkeypatch.setattr(
        runner, 'build_runner', lambda cfg, quiet: built.append(cfg) or Runner()
    )
    monkeypatch.chdir(tmp_path)
    wrapper = dict(type='OptimWrapper', optimizer=dict(type='SGD'))
    scale = dict(base_batch_size=16, enable=False)
    Config(dict(optim_wrapper=wrapper, auto_scale_lr=scale)).dump('some.py')

    def run(*options):
        main(['train', 'some.py', *options])
        return built.pop()

    return run


def test_options_change_the_config(trained):
    cfg = trained('--amp', '--auto-scale-lr', '--cfg-options', 'x=1')
    assert cfg.optim_wrapper.type == 'AutocastOptimWrapper'
    assert cfg.auto_scale_lr.enable and cfg.x == 1
    assert 'resume' not in cfg


def test_plain_training_changes_nothing(trained):
    cfg = trained()
    assert cfg.optim_wrapper.type == 'OptimWrapper' and not cfg.auto_scale_lr.enable


def test_training_is_resumed_from_the_latest_checkpoint_or_begun(trained):
    assert 'resume' not in trained('--resume')
    folder = Path('work_dirs/some')
    folder.mkdir(parents=True, exist_ok=True)
    torch.save({}, folder / 'epoch_1.pth')
    cfg = trained('--resume')
    assert cfg.resume and Path(cfg.load_from) == folder / 'epoch_1.pth'


@pytest.fixture
def student(trained):
    """Trains nothing, and returns the config of a student whose teacher is away."""
    Config(dict(teacher='gone.py', train_cfg=dict(max_epochs=2))).dump('some.py')
    return trained


@pytest.mark.parametrize('options', [(), ('--resume',)])
def test_a_student_without_checkpoint_does_not_begin_without_its_teacher(
    student, options
):
    with pytest.raises(SystemExit, match="names teacher = 'gone.py'"):
        student(*options)


@pytest.mark.parametrize('options', [(), ('--resume',)])
def test_a_student_that_goes_on_needs_its_teacher_no_more(student, options, capsys):
    folder = Path('work_dirs/some')
    folder.mkdir(parents=True)
    torch.save({}, folder / 'epoch_1.pth')
    cfg = student(*options)
    assert cfg.resume and Path(cfg.load_from) == folder / 'epoch_1.pth'
    assert 'goes on from' in capsys.readouterr().out
    torch.save({}, folder / 'epoch_2.pth')
    with pytest.raises(IndexError):  # nothing is trained
        student(*options)
    assert 'some.py is trained' in capsys.readouterr().out


def test_a_student_goes_on_from_the_checkpoint_that_is_named(student):
    assert student('--resume', 'x.pth').load_from == 'x.pth'


def test_epochs_scale_the_training(trained):
    loop = 'train_cfg = dict(max_epochs=12, val_interval=4)\n'
    Path('some.py').write_text(loop)
    assert trained('--epochs', '3').train_cfg == dict(max_epochs=3, val_interval=1)
