"""Each way into a checkpoint refuses one with code, and does not run it."""

import copy
import os
import shutil

import pytest
import torch
from mmengine.config import Config

from mmdet_sodgan.apis import Predictor
from mmdet_sodgan.apis.runner import build_runner
from mmdet_sodgan.cli.main import COMMANDS, main
from mmdet_sodgan.datasets.synthetic import generate
from mmdet_sodgan.deploy.native_model import load_native
from mmdet_sodgan.deploy.publish import publish
from mmdet_sodgan.utils.errors import UnsafeCheckpointError


class Payload:
    """Leaves a mark where it is unpickled."""

    def __init__(self, marker):
        self.command = f'touch {marker}'

    def __reduce__(self):
        return os.system, (self.command,)


@pytest.fixture(scope='module')
def folder(tmp_path_factory, small_cfg, narrow_options):
    """Configs, an image, and a checkpoint that leaves a mark where it is run."""
    folder = tmp_path_factory.mktemp('desk')
    generate(folder / 'data', 2, 1, image_size=(96, 64))
    (image,) = (folder / 'data' / 'val').iterdir()
    shutil.copy(image, folder / 'a.png')
    cfg = copy.deepcopy(small_cfg)
    options = {'work_dir': 'run'}
    for name in ('train', 'val', 'test'):
        options[f'{name}_dataloader.num_workers'] = 0
        options[f'{name}_dataloader.persistent_workers'] = False
        options[f'{name}_dataloader.dataset.data_root'] = 'data/'
    for name in ('val', 'test'):
        options[f'{name}_evaluator.ann_file'] = 'data/annotations/val.json'
    cfg.merge_from_dict(narrow_options | options)
    (folder / 'work').mkdir()
    cfg.dump(folder / 'config.py')
    shutil.copy(folder / 'config.py', folder / 'work')
    text = (folder / 'config.py').read_text()
    (folder / 'load_from.py').write_text(f"{text}\nload_from = 'bad.pth'")
    init = "dict(type='Pretrained', checkpoint='bad.pth')"
    (folder / 'pretrained.py').write_text(
        f"{text}\nmodel['backbone']['init_cfg'] = {init}"
    )
    bad = dict(state_dict={}, meta={}, extra=Payload(folder / 'marker'))
    torch.save(bad, folder / 'bad.pth')
    shutil.copy(folder / 'bad.pth', folder / 'work' / 'epoch_1.pth')
    for name in ('sodgan', 'baseline'):
        run = folder / 'project/work_dirs' / name
        run.mkdir(parents=True)
        cfg.work_dir = f'project/work_dirs/{name}'
        for place in (folder / 'project', run):
            cfg.dump(place / f'{name}.py')
        shutil.copy(folder / 'bad.pth', run / f'epoch_{cfg.train_cfg.max_epochs}.pth')
    return folder


@pytest.fixture
def desk(folder, monkeypatch):
    """The folder is the current one, and holds no mark.

    torch is told to read any file, as people do for other models.
    """
    monkeypatch.chdir(folder)
    monkeypatch.setenv('TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD', '1')
    (folder / 'marker').unlink(missing_ok=True)
    return folder


def test_checkpoint_of_the_tests_leaves_a_mark_where_torch_reads_it(desk):
    torch.load('bad.pth', weights_only=False)
    assert (desk / 'marker').exists()


WAYS = {
    'predict': ['predict', 'a.png', 'config.py', 'bad.pth'],
    'predict natively': ['predict', 'a.png', 'config.py', 'bad.pth', '--native'],
    'init': [
        *(
            'init',
            'new_project',
            '--train',
            'data/annotations/train.json',
            'data/train',
        ),
        *('--weights', 'bad.pth'),
    ],
    'resume': ['train', 'config.py', '--resume', 'bad.pth'],
    'resume by itself': ['train', 'config.py', '--work-dir', 'work', '--resume'],
    'load_from': ['train', 'load_from.py'],
    'pretrained part': ['train', 'pretrained.py'],
    'test': ['test', 'config.py', 'bad.pth'],
    'export': ['export', 'config.py', 'bad.pth', '--out', 'model.onnx'],
    'publish': ['publish', 'config.py', 'bad.pth', '--out-dir', 'published'],
    'report': ['report', 'work'],
    'report on a file': ['report', 'work', '--checkpoint', 'bad.pth'],
    'compare': ['compare', 'project'],
    'web': [
        *('web', '--baseline', 'config.py', 'bad.pth'),
        *('--sodgan', 'config.py', 'bad.pth', 'other'),
    ],
}


def test_each_command_that_takes_a_checkpoint_is_tried():
    tried = {arguments[0] for arguments in WAYS.values()}
    assert tried == COMMANDS.keys() - {'eval', 'doctor'}


@pytest.mark.parametrize('way', WAYS)
def test_command_refuses_code(desk, way, capsys):
    if way == 'report':
        # What cannot be tested is told on the page.
        main(WAYS[way])
        told = (desk / WAYS[way][1] / 'report.html').read_text()
    else:
        with pytest.raises(SystemExit) as caught:
            main(WAYS[way])
        told = caught.value.code
    assert 'asks for posix.system and is refused' in told
    assert not (desk / 'marker').exists()


def run():
    cfg = Config.fromfile('config.py')
    cfg.load_from = 'bad.pth'
    build_runner(cfg, stages=('test',)).test()


@pytest.mark.parametrize(
    'use',
    [
        lambda: Predictor('config.py', 'bad.pth'),
        lambda: load_native('config.py', 'bad.pth'),
        lambda: publish('config.py', 'bad.pth', 'published'),
        run,
    ],
    ids=['Predictor', 'load_native', 'publish', 'build_runner'],
)
def test_python_interface_refuses_code(desk, use):
    with pytest.raises(UnsafeCheckpointError, match='asks for posix.system'):
        use()
    assert not (desk / 'marker').exists()
