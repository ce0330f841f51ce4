import pytest
import torch
from mmengine.config import Config

from mmdet_sodgan.apis import Predictor
from mmdet_sodgan.datasets import SyntheticSmallObjectDataset
from mmdet_sodgan.datasets.class_names import find_class_names
from mmdet_sodgan.deploy.native_model import load_native

KEY = 'test_dataloader.dataset.metainfo'


@pytest.fixture(scope='module')
def bare(detector, tmp_path_factory):
    """Config and checkpoint of a detector whose checkpoint has weights alone."""
    config, checkpoint = detector
    path = tmp_path_factory.mktemp('bare') / 'bare.pth'
    torch.save(torch.load(checkpoint)['state_dict'], path)
    return config, path


def test_names_of_a_wrapped_data_set_are_its_own_or_those_of_its_class():
    inner = dict(type='SyntheticSmallObjectDataset')
    wrapped = dict(type='RepeatDataset', times=2, dataset=inner)
    expected = SyntheticSmallObjectDataset.METAINFO['classes']
    assert find_class_names(wrapped) == expected
    inner['metainfo'] = dict(classes=['nut'])
    assert find_class_names(wrapped) == ('nut',)
    assert find_class_names(dict(type='BaseDetDataset')) is None


def test_bare_weights_have_the_names_of_the_config_in_predictions(bare):
    predictor = Predictor(*bare, device='cpu')
    assert predictor.classes == SyntheticSmallObjectDataset.METAINFO['classes']
    # What mmdet draws with.
    assert predictor.inferencer.visualizer.dataset_meta['classes'] == predictor.classes


def test_bare_weights_have_the_names_of_the_config_in_exports(bare, tmp_path):
    config = Config.fromfile(bare[0])
    config.merge_from_dict({KEY: dict(classes=list('uvwxyz'))})
    config.dump(tmp_path / 'config.py')
    model = load_native(str(tmp_path / 'config.py'), str(bare[1]))
    assert model.dataset_meta['classes'] == tuple('uvwxyz')


def test_names_of_the_checkpoint_win(detector):
    options = {KEY: dict(classes=list('uvwxyz'))}
    predictor = Predictor(*detector, device='cpu', cfg_options=options)
    assert predictor.classes == SyntheticSmallObjectDataset.METAINFO['classes']


@pytest.mark.parametrize(
    ('dataset', 'number'),
    [
        (dict(metainfo=dict(classes=['a', 'b'])), 2),
        (dict(type='CocoDataset'), 80),
        (dict(type='BaseDetDataset'), 0),
    ],
)
def test_other_number_of_names_than_classes_is_refused(bare, dataset, number):
    options = {f'test_dataloader.dataset.{key}': dataset[key] for key in dataset}
    message = f'config has {number} class names and the head has num_classes=6: set '
    with pytest.raises(ValueError, match=message) as caught:
        Predictor(*bare, device='cpu', cfg_options=options)
    assert len(str(caught.value).splitlines()) == 1


def test_other_number_of_names_in_the_checkpoint_is_refused(detector, tmp_path):
    content = torch.load(detector[1])
    content['meta']['dataset_meta']['classes'] = ('a',)
    torch.save(content, tmp_path / 'one.pth')
    message = 'one.pth has 1 class names and the head has num_classes=6: give the '
    with pytest.raises(ValueError, match=message):
        Predictor(detector[0], tmp_path / 'one.pth', device='cpu')
