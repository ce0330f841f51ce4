import os
from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.config import Config

from mmdet_sodgan.apis import Predictor
from mmdet_sodgan.apis.checkpoint_config import read_checkpoint_config
from mmdet_sodgan.deploy.publish import publish
from mmdet_sodgan.utils.errors import CheckpointError, MissingCheckpointError

ROOT = Path(__file__).resolve().parents[2]
CONFIGS = [
    path
    for path in sorted((ROOT / 'configs').glob('*/*.py'))
    if path.parent.name != 'benchmarks' and not path.name.startswith('_')
]


@pytest.fixture
def write(tmp_path):
    """Writes a checkpoint with a config as its source."""

    def make(source):
        torch.save(dict(state_dict={}, meta=dict(cfg=source)), tmp_path / 'a.pth')
        return tmp_path / 'a.pth'

    return make


@pytest.mark.parametrize('path', CONFIGS, ids=lambda path: path.stem)
def test_config_of_a_training_is_read_as_it_was(write, path):
    cfg = Config.fromfile(path)
    found = read_checkpoint_config(write(cfg.pretty_text))
    assert found.to_dict() == cfg.to_dict()


@pytest.mark.parametrize('suffix', ['.pth', '.safetensors'])
def test_published_weights_predict_alone(detector, images, tmp_path, suffix):
    done = publish(*detector, tmp_path)
    file = done.weights if suffix == '.pth' else done.safetensors
    image = sorted(images.iterdir())[0]
    expected = Predictor(*detector, device='cpu')(image).pred_instances
    found = Predictor(None, file, device='cpu')(image).pred_instances
    np.testing.assert_array_equal(found.bboxes, expected.bboxes)
    np.testing.assert_array_equal(found.scores, expected.scores)
    # Where the training lay is nobody's business.
    text = read_checkpoint_config(file).pretty_text
    assert 'data_root' not in text and 'work_dir' not in text


@pytest.mark.parametrize(
    'source',
    [
        'import os',
        'a = __import__("os").system("touch ran")',
        'a = [x for x in range(3)]',
        'a = dict(*[1])',
        'a = dict(**b)',
        'a = {**b}',
        'a = open("ran", "w")',
        'a.b = 1',
        'a = (lambda: 1)()',
        'a = f"{open}"',
        '(' * 5000,
        # What MMEngine would import, or call, while it builds.
        "model = dict(type='subprocess.Popen', args=['touch', 'ran'])",
        "model = dict(backbone=[dict(type='mmdet.os.system')])",
        "model = dict(type='NoSuchDetector')",
        'model = dict(type=3)',
        "custom_imports = dict(imports=['antigravity'])",
        "custom_imports = dict(imports='antigravity')",
    ],
)
def test_config_that_is_more_than_names_and_values_is_refused(
    write, source, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(CheckpointError, match=r'a\.pth is not used .*give the config'):
        read_checkpoint_config(write(source))
    assert os.listdir() == ['a.pth']


def test_checkpoint_without_a_config_asks_for_one(tmp_path):
    torch.save(dict(state_dict={}), tmp_path / 'a.pth')
    (tmp_path / 'b.pth').write_text('nothing')
    for name in ('a.pth', 'b.pth'):
        with pytest.raises(CheckpointError, match=f'{name} holds no config: give the'):
            read_checkpoint_config(tmp_path / name)
    with pytest.raises(MissingCheckpointError, match=r'no checkpoint file .*c\.pth'):
        read_checkpoint_config(tmp_path / 'c.pth')
