from pathlib import Path

import pytest
import torch

from mmdet_sodgan.apis.named_weights import VARIABLE, find_weights
from mmdet_sodgan.utils.errors import MissingCheckpointError


@pytest.fixture
def hub(tmp_path, monkeypatch):
    """Folder that torch keeps downloads in."""
    monkeypatch.setattr(torch.hub, 'get_dir', lambda: str(tmp_path / 'hub'))
    return tmp_path / 'hub'


def serve(folder):
    (folder / 'boards.pth').write_bytes(b'weights')
    return folder.as_uri()


def test_weights_are_taken_from_the_folder(tmp_path, monkeypatch):
    serve(tmp_path)
    monkeypatch.setenv(VARIABLE, f'{tmp_path}/')
    assert find_weights('boards') == str(tmp_path / 'boards.pth')


def test_weights_of_a_url_are_fetched_once(tmp_path, monkeypatch, hub):
    monkeypatch.setenv(VARIABLE, serve(tmp_path))
    path = find_weights('boards')
    assert Path(path).read_bytes() == b'weights' and Path(path).is_relative_to(hub)
    (tmp_path / 'boards.pth').unlink()
    assert find_weights('boards') == path


def test_another_url_has_weights_of_its_own(tmp_path, monkeypatch, hub):
    monkeypatch.setenv(VARIABLE, serve(tmp_path))
    find_weights('boards')
    other = tmp_path / 'other'
    other.mkdir()
    monkeypatch.setenv(VARIABLE, other.as_uri())
    with pytest.raises(MissingCheckpointError, match='boards.pth could not be fetched'):
        find_weights('boards')
    assert len(list(hub.rglob('*.pth'))) == 1


@pytest.mark.parametrize(
    ('base', 'told'),
    [('', f'needs {VARIABLE}'), ('no/such/folder', 'which has no boards.pth')],
)
def test_what_is_missing_is_told(monkeypatch, base, told):
    monkeypatch.setenv(VARIABLE, base)
    with pytest.raises(MissingCheckpointError, match=told):
        find_weights('boards')
