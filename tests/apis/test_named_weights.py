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
    torch.save(dict(state_dict={}), folder / 'boards.pth')
    return folder.as_uri()


def test_weights_are_taken_from_the_folder(tmp_path, monkeypatch):
    serve(tmp_path)
    monkeypatch.setenv(VARIABLE, f'{tmp_path}/')
    assert find_weights('boards') == str(tmp_path / 'boards.pth')


def test_weights_of_a_url_are_fetched_once(tmp_path, monkeypatch, hub):
    monkeypatch.setenv(VARIABLE, serve(tmp_path))
    path = find_weights('boards')
    assert torch.load(path) == dict(state_dict={}) and Path(path).is_relative_to(hub)
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


def test_part_of_a_file_is_refused_and_not_kept(tmp_path, monkeypatch, hub):
    monkeypatch.setenv(VARIABLE, serve(tmp_path))
    whole = (tmp_path / 'boards.pth').read_bytes()
    (tmp_path / 'boards.pth').write_bytes(whole[:-30])
    with pytest.raises(MissingCheckpointError, match='is no whole checkpoint'):
        find_weights('boards')
    (tmp_path / 'boards.pth').write_bytes(whole)
    assert Path(find_weights('boards')).read_bytes() == whole


def test_address_that_no_client_takes_is_told(monkeypatch, hub):
    monkeypatch.setenv(VARIABLE, 'http://example.org/a b')
    with pytest.raises(MissingCheckpointError, match='could not be fetched'):
        find_weights('boards')


def test_folder_of_torch_that_cannot_be_made_is_told(tmp_path, monkeypatch, hub):
    monkeypatch.setenv(VARIABLE, serve(tmp_path))
    hub.touch()
    with pytest.raises(MissingCheckpointError, match='could not be fetched'):
        find_weights('boards')


@pytest.mark.parametrize(
    ('base', 'told'),
    [('', f'needs {VARIABLE}'), ('no/such/folder', 'which has no boards.pth')],
)
def test_what_is_missing_is_told(monkeypatch, base, told):
    monkeypatch.setenv(VARIABLE, base)
    with pytest.raises(MissingCheckpointError, match=told):
        find_weights('boards')
