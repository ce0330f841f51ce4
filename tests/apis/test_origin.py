import json

import pytest
import torch
from mmengine.config import Config

from mmdet_sodgan.apis.origin import check_origin, find_origin
from mmdet_sodgan.utils.errors import UserError


def write(path, number):
    path.parent.mkdir(exist_ok=True)
    images = [dict(id=i, file_name=f'{i}.png') for i in range(number)]
    path.write_text(json.dumps(dict(images=images, annotations=[], categories=[])))


@pytest.fixture
def read(tmp_path):
    """Reads the config of a project, whose files it writes first."""

    def make(folder='project', images=3, classes=('nut', 'bolt'), epochs=6, name='a'):
        write(tmp_path / folder / f'{name}.json', images)
        dataset = dict(
            type='CocoDataset',
            metainfo=dict(classes=classes),
            data_root=str(tmp_path / folder),
            ann_file=f'{name}.json',
        )
        wrapped = dict(type='RepeatDataset', times=2, dataset=dataset)
        work_dirs = tmp_path / folder / 'work_dirs'
        values = dict(
            work_dir=str(work_dirs / 'sodgan'),
            load_from=str(work_dirs / 'teacher/epoch_12.pth'),
            train_cfg=dict(max_epochs=epochs),
            train_dataloader=dict(dataset=wrapped),
            val_dataloader=dict(dataset=dataset),
        )
        Config(values).dump(tmp_path / folder / 'sodgan.py')
        return Config.fromfile(tmp_path / folder / 'sodgan.py')

    return make


@pytest.fixture
def checkpoint(tmp_path, read):
    cfg = read()
    info = dict(max_epochs=6, origin=find_origin(cfg))
    torch.save(dict(message_hub=dict(runtime_info=info)), tmp_path / 'epoch_6.pth')
    return tmp_path / 'epoch_6.pth'


@pytest.mark.parametrize('folder', ['project', 'moved'])
def test_same_training_agrees_wherever_its_project_lies(checkpoint, read, folder):
    check_origin(checkpoint, read(folder))


@pytest.mark.parametrize(
    'change, key',
    [
        (dict(images=4), r'train_dataloader.dataset.ann_file = a.json \(SHA-256'),
        (dict(name='b'), 'train_dataloader.dataset.ann_file = a.json'),
        (dict(classes=('bolt', 'nut')), r"classes = \['nut', 'bolt'\]"),
        (dict(epochs=7), 'max_epochs = 6'),
    ],
)
def test_other_training_is_refused_by_the_key_that_differs(
    checkpoint, read, change, key
):
    with pytest.raises(UserError, match=f'with {key}.*sodgan.py is to have .*: make'):
        check_origin(checkpoint, read(**change))


def test_other_validation_file_is_told(checkpoint, read, tmp_path):
    cfg = read()
    write(tmp_path / 'project/val.json', 2)
    cfg.val_dataloader.dataset.ann_file = 'val.json'
    with pytest.raises(UserError, match='val_dataloader.dataset.ann_file = a.json'):
        check_origin(checkpoint, cfg)


def test_length_counts_only_where_it_is_asked_for(checkpoint, read):
    check_origin(checkpoint, read(epochs=7), length=False)


def test_checkpoint_that_does_not_know_is_taken(tmp_path, read):
    torch.save(dict(state_dict={}), tmp_path / 'published.pth')
    check_origin(tmp_path / 'published.pth', read())
