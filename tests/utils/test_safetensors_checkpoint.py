import pytest
import torch
from mmengine.runner import CheckpointLoader

from mmdet_sodgan.utils.errors import CheckpointError, MissingCheckpointError
from mmdet_sodgan.utils.safetensors_checkpoint import (
    load_safetensors,
    save_safetensors,
)


def test_mmengines_loader_gives_back_weights_and_meta(tmp_path):
    shared = torch.arange(6.0).view(2, 3)
    # Views of one memory, and not contiguous.
    weights = dict(a=shared, b=shared.T, c=torch.tensor(3))
    path = tmp_path / 'x.safetensors'
    save_safetensors(dict(state_dict=weights, meta=dict(epoch=2)), path)
    loaded = CheckpointLoader.load_checkpoint(str(path), map_location='cpu')
    assert loaded['meta'] == dict(epoch=2)
    assert loaded['state_dict'].keys() == weights.keys()
    assert all(torch.equal(loaded['state_dict'][k], v) for k, v in weights.items())


def test_weights_of_others_have_an_empty_meta(tmp_path):
    safetensors = pytest.importorskip('safetensors.torch')
    path = tmp_path / 'x.safetensors'
    path.write_bytes(safetensors.save(dict(a=torch.ones(2))))
    assert load_safetensors(path)['meta'] == {}


def test_config_in_a_file_is_left_out_as_of_other_checkpoints(tmp_path):
    path = tmp_path / 'x.safetensors'
    meta = dict(cfg='import os', config='import os', epoch=2)
    save_safetensors(dict(state_dict=dict(a=torch.ones(2)), meta=meta), path)
    loaded = CheckpointLoader.load_checkpoint(str(path), map_location='cpu')
    assert loaded['meta'] == dict(epoch=2)


def test_other_or_missing_file_is_named(tmp_path):
    (tmp_path / 'x.safetensors').write_bytes(b'nothing of the kind')
    with pytest.raises(CheckpointError, match='x.safetensors is not'):
        load_safetensors(tmp_path / 'x.safetensors')
    safetensors = pytest.importorskip('safetensors.torch')
    content = safetensors.save(dict(a=torch.ones(2)), dict(meta='{no JSON'))
    (tmp_path / 'x.safetensors').write_bytes(content)
    with pytest.raises(CheckpointError, match='x.safetensors is not'):
        load_safetensors(tmp_path / 'x.safetensors')
    with pytest.raises(MissingCheckpointError, match='y.safetensors'):
        load_safetensors(tmp_path / 'y.safetensors')
