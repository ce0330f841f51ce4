from pathlib import Path

import pytest
import torch
from mmengine.config import Config

from mmdet_sodgan.apis import runner
from mmdet_sodgan.cli.main import main


@pytest.fixture
def trained(tmp_path, monkeypatch):
    """Trains nothing, and returns the config that would be trained."""
    built = []

    class Runner:
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


def test_training_is_resumed_from_a_named_checkpoint(trained):
    cfg = trained('--resume', 'x.pth')
    assert cfg.resume and cfg.load_from == 'x.pth'


def test_training_is_resumed_from_the_latest_checkpoint_or_begun(trained):
    assert 'resume' not in trained('--resume')
    folder = Path('work_dirs/some')
    folder.mkdir(parents=True, exist_ok=True)
    torch.save({}, folder / 'epoch_1.pth')
    cfg = trained('--resume')
    assert cfg.resume and Path(cfg.load_from) == folder / 'epoch_1.pth'


def test_project_goes_on_by_itself_and_as_told(trained):
    folder = Path('work_dirs/some')
    folder.mkdir(parents=True)
    Path('some.py').write_text('teacher = None\ntrain_cfg = dict(max_epochs=2)\n')
    torch.save({}, folder / 'epoch_1.pth')
    for options in ([], ['--resume']):
        cfg = trained(*options)
        assert cfg.resume and Path(cfg.load_from) == folder / 'epoch_1.pth'
    cfg = trained('--resume', 'x.pth')
    assert cfg.resume and cfg.load_from == 'x.pth'


def test_project_that_is_trained_is_not_trained_again(trained, capsys):
    folder = Path('work_dirs/some')
    folder.mkdir(parents=True)
    Path('some.py').write_text('teacher = None\ntrain_cfg = dict(max_epochs=2)\n')
    torch.save({}, folder / 'epoch_2.pth')
    # There is no runner to look at.
    with pytest.raises(IndexError):
        trained()
    assert 'some.py is trained' in capsys.readouterr().out


def test_epochs_scale_the_training(trained):
    loop = 'train_cfg = dict(max_epochs=12, val_interval=4)\n'
    Path('some.py').write_text(loop)
    assert trained('--epochs', '3').train_cfg == dict(max_epochs=3, val_interval=1)


def test_student_that_goes_on_needs_its_teacher_no_more(trained, capsys):
    folder = Path('work_dirs/some')
    folder.mkdir(parents=True)
    Path('some.py').write_text("teacher = 'gone.py'\ntrain_cfg = dict(max_epochs=2)\n")
    with pytest.raises(SystemExit, match="names teacher = 'gone.py'"):
        trained('--resume')
    torch.save({}, folder / 'epoch_1.pth')
    assert trained().load_from == str(folder / 'epoch_1.pth')
    torch.save({}, folder / 'epoch_2.pth')
    with pytest.raises(IndexError):
        trained()
    assert 'some.py is trained' in capsys.readouterr().out
