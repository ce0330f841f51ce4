import pickle
from pathlib import Path

import pytest
import torch
from mmengine.config import Config
from mmengine.logging import MMLogger

from mmdet_sodgan.cli.main import main, run
from mmdet_sodgan.datasets.data_error import ImageError
from mmdet_sodgan.engine.hooks import GANFailureError
from mmdet_sodgan.utils.atomic_write import DiskFullError
from mmdet_sodgan.utils.errors import (
    MissingCheckpointError,
    UnsafeCheckpointError,
)


@pytest.fixture
def safety_variables(monkeypatch):
    """Environment whose safety switches are put back."""
    monkeypatch.setenv('TORCH_FORCE_WEIGHTS_ONLY_LOAD', '0')
    monkeypatch.setenv('TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD', '1')


def test_commands_read_no_code_from_any_file(safety_variables, tmp_path, monkeypatch):
    torch.save(Path('x'), tmp_path / 'path.pth')

    def command():
        torch.load(tmp_path / 'path.pth', weights_only=False)

    monkeypatch.setenv('SODGAN_TRACEBACK', '1')
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


def test_unforeseen_failure_ends_in_one_sentence_that_says_where_to_look():
    def command():
        raise RuntimeError('no\nsuch thing')

    hint = r'\(traceback: set SODGAN_TRACEBACK=1 to see it\)\.$'
    with pytest.raises(SystemExit, match=f'^RuntimeError: no such thing {hint}'):
        run(command)


def test_unforeseen_failure_leaves_its_traceback_in_the_log_file(tmp_path):
    def command():
        MMLogger.get_instance('training', log_file=str(tmp_path / 'a.log'))
        raise RuntimeError('out of memory')

    with pytest.raises(SystemExit, match=r'RuntimeError: out of memory .*a\.log\)'):
        run(command)
    log = (tmp_path / 'a.log').read_text()
    assert 'Traceback' in log and 'in command' in log


def test_traceback_is_shown_where_it_is_asked_for(monkeypatch):
    def command():
        raise RuntimeError('out of memory')

    monkeypatch.setenv('SODGAN_TRACEBACK', '1')
    with pytest.raises(RuntimeError, match='out of memory'):
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


@pytest.mark.parametrize('arguments', [['train', 'c.py'], ['test', 'c.py', 'x.pth']])
def test_command_stops_at_an_unwritable_work_dir(tmp_path, monkeypatch, arguments):
    monkeypatch.chdir(tmp_path)
    Path('file').touch()
    Path('c.py').touch()
    with pytest.raises(SystemExit, match='The work_dir file/x cannot be written to'):
        main([*arguments, '--work-dir=file/x'])


def test_auto_scale_lr_without_a_batch_size_is_refused(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Config(dict(model=dict())).dump('some.py')
    with pytest.raises(SystemExit, match='set auto_scale_lr.base_batch_size'):
        main(['train', 'some.py', '--auto-scale-lr'])
