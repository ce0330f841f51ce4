import argparse
import os
import pickle
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from mmengine.config import Config

from mmdet_sodgan.apis.runner import set_resume
from mmdet_sodgan.cli.arguments import add_run_arguments, check_writable, load_config
from mmdet_sodgan.cli.main import run
from mmdet_sodgan.datasets.data_error import ImageError
from mmdet_sodgan.engine.hooks import GANFailureError
from mmdet_sodgan.utils.atomic_write import DiskFullError
from mmdet_sodgan.utils.checkpoint_error import (
    MissingCheckpointError,
    UnsafeCheckpointError,
)

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A current folder with a config of one key."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv('LOCAL_RANK', raising=False)
    (tmp_path / 'some.py').write_text('train_cfg = dict(max_epochs=12)')
    return tmp_path


def load(*arguments):
    parser = argparse.ArgumentParser()
    add_run_arguments(parser)
    return load_config(parser.parse_args(['some.py', *arguments]))


def test_work_dir_is_named_after_the_config(folder):
    assert load().work_dir == os.path.join('work_dirs', 'some')
    assert (folder / 'work_dirs' / 'some').is_dir()


def test_work_dir_of_the_command_line_wins_over_the_config(folder):
    (folder / 'some.py').write_text('work_dir = "from_config"')
    assert load().work_dir == 'from_config'
    assert load('--work-dir', 'from_command').work_dir == 'from_command'


def test_missing_config_and_a_wrong_option_are_told_in_one_sentence(folder, capsys):
    (folder / 'some.py').unlink()
    with pytest.raises(SystemExit, match='^There is no config some.py: correct the p'):
        load()
    with pytest.raises(SystemExit):
        load('--cfg-options', 'x=1', 'nonsense')
    assert capsys.readouterr().err.endswith('nonsense is not KEY=VALUE\n')


def test_options_change_the_config(folder):
    cfg = load('--cfg-options', 'train_cfg.max_epochs=3', 'steps=[1,2]')
    assert cfg.train_cfg.max_epochs == 3
    assert cfg.steps == [1, 2]


@pytest.mark.parametrize('flag', ['--local_rank', '--local-rank'])
def test_both_spellings_of_the_local_rank_reach_the_environment(
    folder, monkeypatch, flag
):
    monkeypatch.setenv('LOCAL_RANK', 'unset')
    monkeypatch.delenv('LOCAL_RANK')
    load(f'{flag}=1')
    assert os.environ['LOCAL_RANK'] == '1'


def test_unwritable_work_dir_ends_in_one_sentence(tmp_path):
    (tmp_path / 'file').touch()
    path = str(tmp_path / 'file' / 'work_dir')
    with pytest.raises(SystemExit) as caught:
        check_writable(path)
    assert f'work_dir {path} cannot be written to' in caught.value.code
    assert '--work-dir' in caught.value.code


def test_check_of_the_work_dir_leaves_nothing_in_it(tmp_path):
    check_writable(str(tmp_path / 'new'))
    assert list((tmp_path / 'new').iterdir()) == []


@pytest.fixture
def safety_variables(monkeypatch):
    """Environment whose safety switches are put back."""
    monkeypatch.setenv('TORCH_FORCE_WEIGHTS_ONLY_LOAD', '0')
    monkeypatch.setenv('TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD', '1')


def test_commands_read_no_code_from_any_file(safety_variables, tmp_path):
    torch.save(Path('x'), tmp_path / 'path.pth')

    def command():
        torch.load(tmp_path / 'path.pth', weights_only=False)

    with pytest.raises(pickle.UnpicklingError, match='pathlib'):
        run(command)


@pytest.mark.parametrize(
    'error',
    [MissingCheckpointError, UnsafeCheckpointError, DiskFullError, GANFailureError],
)
def test_foreseen_failure_ends_in_one_sentence(safety_variables, error):
    def command():
        raise error('The checkpoint x is refused.')

    with pytest.raises(SystemExit, match='^The checkpoint x is refused.$'):
        run(command)


def test_refused_data_set_ends_in_one_sentence(safety_variables):
    def command():
        # As a DataLoader raises what a worker process has raised.
        raise ImageError(
            'Caught ImageError in DataLoader worker process 0.\nOriginal Traceback:\n'
            '  File...\n'
            "mmdet_sodgan.datasets.data_error.ImageError: Image 'a' is one.\n"
        )

    with pytest.raises(SystemExit, match="^Image 'a' is one.$"):
        run(command)


def test_resume_takes_the_last_checkpoint_in_place_of_the_teacher(tmp_path):
    torch.save({}, tmp_path / 'epoch_1.pth')
    cfg = Config(dict(work_dir=str(tmp_path), load_from='teacher.pth'))
    set_resume(cfg, 'auto')
    assert cfg.resume and cfg.load_from == str(tmp_path / 'epoch_1.pth')
    set_resume(cfg, 'other.pth')
    assert cfg.resume and cfg.load_from == 'other.pth'


def test_resume_with_nothing_saved_yet_keeps_the_teacher(tmp_path):
    cfg = Config(dict(work_dir=str(tmp_path), load_from='teacher.pth'))
    set_resume(cfg, 'auto')
    assert not cfg.get('resume') and cfg.load_from == 'teacher.pth'


@pytest.mark.slow
@pytest.mark.parametrize('arguments', [['train.py'], ['test.py', 'x.pth']])
def test_tools_stop_at_an_unwritable_work_dir(tmp_path, arguments):
    (tmp_path / 'file').touch()
    (tmp_path / 'some.py').touch()
    tool, *rest = arguments
    done = subprocess.run(
        [sys.executable, ROOT / 'tools' / tool, 'some.py', *rest, '--work-dir=file/x'],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert 'The work_dir file/x cannot be written to' in done.stderr
    assert 'Traceback' not in done.stderr


@pytest.mark.slow
def test_auto_scale_lr_without_a_batch_size_is_refused(tmp_path):
    Config(dict(model=dict())).dump(tmp_path / 'some.py')
    done = subprocess.run(
        [sys.executable, ROOT / 'tools' / 'train.py', 'some.py', '--auto-scale-lr'],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert 'set auto_scale_lr.base_batch_size' in done.stderr
