import pickle
from pathlib import Path

import pytest
import torch
from mmengine.config import Config

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
