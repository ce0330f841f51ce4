import os
import signal
import sys
import threading

import pytest
import torch
from mmengine.config import Config

from mmdet_sodgan.apis import teacher_first
from mmdet_sodgan.apis.teacher_first import ensure_teacher, go_on
from mmdet_sodgan.utils.errors import UserError


@pytest.fixture
def project(tmp_path, monkeypatch):
    """Reads the student of a project whose teacher is trained by a stand-in."""
    started = []

    def train(command):
        started.append(command)
        work_dir.mkdir(parents=True, exist_ok=True)
        torch.save({}, work_dir / 'epoch_12.pth')
        return 0

    work_dir = tmp_path / 'work_dirs/teacher'
    monkeypatch.setattr(teacher_first, '_run', train)
    (tmp_path / 'teacher.py').write_text(
        f"work_dir = '{work_dir}'\ntrain_cfg = dict(max_epochs=12)\n"
    )

    def read(**changes):
        values = dict(
            teacher='teacher.py',
            load_from=f'{work_dir}/epoch_12.pth',
            work_dir=str(tmp_path / 'work_dirs/sodgan'),
            train_cfg=dict(max_epochs=6),
        )
        path = tmp_path / 'sodgan.py'
        Config(values | changes).dump(path)
        cfg = Config.fromfile(path)
        cfg.launcher = 'none'
        return cfg

    return read, started


def write(folder, name, **runtime_info):
    os.makedirs(folder, exist_ok=True)
    content = dict(message_hub=dict(runtime_info=runtime_info))
    torch.save(content, f'{folder}/{name}')


def test_teacher_is_trained_once(project, capsys):
    read, started = project
    for _ in range(2):
        ensure_teacher(read(), ('--verbose',))
    (command,) = started
    assert command[3] == 'train' and command[4].endswith('/teacher.py')
    assert command[5:] == ['--verbose', '--cfg-options', 'teacher=None']
    assert 'Its teacher comes first' in capsys.readouterr().out


def test_teacher_that_has_a_teacher_keeps_it(project):
    read, started = project
    cfg = read()
    with open(cfg.filename.replace('sodgan.py', 'teacher.py'), 'a') as file:
        file.write("teacher = 'first.py'\n")
    ensure_teacher(cfg)
    assert '--cfg-options' not in started[0]


def test_start_that_the_teacher_does_not_write_is_refused_before_it_is_trained(
    project,
):
    read, started = project
    for wrong in ('somewhere/epoch_12.pth', None):
        with pytest.raises(UserError, match='load_from = .*epoch_12.pth.: make the'):
            ensure_teacher(read(load_from=wrong))
    assert not started


def test_several_processes_do_not_train_the_teacher(project):
    read, started = project
    cfg = read()
    cfg.launcher = 'pytorch'
    with pytest.raises(UserError, match='teacher.py is not trained yet'):
        ensure_teacher(cfg)
    assert not started


def test_teacher_of_another_length_is_refused(project):
    read, _ = project
    cfg = read()
    write(os.path.dirname(cfg.load_from), 'epoch_12.pth', max_epochs=24)
    with pytest.raises(UserError, match='max_epochs = 24, and .* have 12'):
        ensure_teacher(cfg)


def test_exit_code_of_the_teacher_is_handed_on(project, monkeypatch):
    read, _ = project
    monkeypatch.setattr(teacher_first, '_run', lambda command: 75)
    with pytest.raises(SystemExit) as end:
        ensure_teacher(read())
    assert end.value.code == 75


def test_interrupted_training_goes_on(project):
    read, _ = project
    cfg = read()
    assert go_on(cfg) and 'resume' not in cfg
    write(cfg.work_dir, 'epoch_3.pth', max_epochs=6)
    assert go_on(cfg)
    assert cfg.resume and cfg.load_from == f'{cfg.work_dir}/epoch_3.pth'


def test_finished_training_is_left(project, capsys):
    read, _ = project
    cfg = read()
    write(cfg.work_dir, 'epoch_6.pth', max_epochs=6)
    assert not go_on(cfg) and 'resume' not in cfg
    assert 'is trained' in capsys.readouterr().out


@pytest.mark.parametrize('name', ['epoch_6.pth', 'epoch_3.pth'])
def test_training_of_another_length_does_not_go_on(project, name):
    read, _ = project
    cfg = read()
    write(cfg.work_dir, name, max_epochs=12)
    with pytest.raises(UserError, match='max_epochs = 12, and .* to have 6'):
        go_on(cfg)


@pytest.mark.parametrize('number', [signal.SIGTERM, signal.SIGINT])
def test_signal_reaches_the_teacher(number, tmp_path, monkeypatch):
    monkeypatch.setattr(teacher_first, '_PATIENCE', 0.1)
    ready = tmp_path / 'ready'
    child = (
        'import pathlib, signal, sys, time\n'
        f'signal.signal({int(number)}, lambda *_: sys.exit(75))\n'
        f'pathlib.Path({str(ready)!r}).touch()\n'
        'time.sleep(60)\n'
    )

    def send():
        while not ready.exists():
            threading.Event().wait(0.05)
        os.kill(os.getpid(), number)

    before = signal.getsignal(signal.SIGTERM)
    sender = threading.Thread(target=send)
    sender.start()
    code = teacher_first._run([sys.executable, '-c', child])
    sender.join()
    assert code == 75
    assert signal.getsignal(signal.SIGTERM) is before


def test_process_that_a_signal_ends_counts_as_in_a_shell():
    child = 'import os; os.kill(os.getpid(), 9)'
    assert teacher_first._run([sys.executable, '-c', child]) == 137
