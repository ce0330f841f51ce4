import pytest
import torch
from mmdet.registry import MODELS

from mmdet_sodgan.apps.project import backbones
from mmdet_sodgan.apps.project.backbones import (
    BACKBONES,
    address_of,
    can_fetch,
    find_weights,
)

R18 = BACKBONES['r18']


@pytest.fixture
def weights():
    return MODELS.build(R18.options).state_dict()


def find(path):
    return find_weights(R18, path)


@pytest.mark.parametrize(
    'prefix, options', [('', {}), ('backbone.', dict(prefix='backbone.'))]
)
@pytest.mark.parametrize('wrap', [dict, lambda weights: dict(state_dict=weights)])
def test_weights_of_torchvision_and_mmpretrain_are_taken(
    tmp_path, weights, prefix, options, wrap
):
    named = {prefix + key: value for key, value in weights.items()}
    named['fc.weight'] = torch.zeros(1000, 512)
    torch.save(wrap(named), tmp_path / 'w.pth')
    init_cfg = find(tmp_path / 'w.pth').value
    path = str(tmp_path / 'w.pth')
    assert init_cfg == dict(type='Pretrained', checkpoint=path, **options)
    backbone = MODELS.build(R18.options | dict(init_cfg=init_cfg))
    backbone.init_weights()
    assert torch.equal(backbone.conv1.weight, weights['conv1.weight'])


def test_network_is_used_where_it_is_there(monkeypatch):
    monkeypatch.setattr(backbones, 'can_fetch', lambda address: True)
    assert find(None).value['checkpoint'] == R18.url
    monkeypatch.setattr(backbones, 'can_fetch', lambda address: False)
    choice = find(None)
    assert choice.value is None and choice.reason.startswith('From scratch')


def test_file_in_the_cache_needs_no_network(tmp_path, monkeypatch):
    monkeypatch.setattr(torch.hub, 'get_dir', lambda: str(tmp_path))
    address = 'http://127.0.0.1:9/some/weights.pth'
    assert not can_fetch(address, timeout=0.2)
    (tmp_path / 'checkpoints').mkdir()
    (tmp_path / 'checkpoints/weights.pth').touch()
    assert can_fetch(address)


def test_what_is_no_address_cannot_be_fetched(tmp_path, monkeypatch):
    monkeypatch.setattr(torch.hub, 'get_dir', lambda: str(tmp_path))
    assert not can_fetch('') and not can_fetch('scheme://weights')


@pytest.mark.parametrize(
    'name, end',
    [
        ('torchvision://resnet101', '/resnet101-63fe2227.pth'),
        ('open-mmlab://detectron2/resnet50_caffe', '/resnet50_msra-5891d200.pth'),
        ('https://host/weights.pth', 'https://host/weights.pth'),
        ('torchvision://none', 'torchvision://none'),
    ],
)
def test_short_names_are_resolved_without_torchvision(name, end):
    assert address_of(name).endswith(end)
