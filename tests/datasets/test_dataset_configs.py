from pathlib import Path

import cv2
import numpy as np
import pytest
from mmdet.registry import DATASETS
from mmengine.config import Config
from pycocotools.coco import COCO

from mmdet_sodgan.datasets.converters import hituav
from mmdet_sodgan.datasets.converters.deeppcb import convert
from mmdet_sodgan.datasets.synthetic import PATTERNS, generate

CONFIGS = Path(__file__).parents[2] / 'configs' / '_base_' / 'datasets'
SHARED = Path(__file__).parents[3] / 'shared' / 'data' / 'deeppcb'

PAIRS = ('synthetic_small', 'deeppcb_320', 'deeppcb_160', 'hit_uav')


def load(name):
    return Config.fromfile(str(CONFIGS / f'{name}.py'))


def dataloaders(config):
    return config.train_dataloader, config.val_dataloader, config.test_dataloader


@pytest.fixture
def in_tmp_path(tmp_path, monkeypatch):
    """The configs' paths are relative to the working directory."""
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def synthetic(in_tmp_path):
    generate('data/synthetic', 3, 2)


@pytest.fixture
def deeppcb(in_tmp_path):
    """One 640 px image a split, of 96 x 64 px boxes at (64, 128)."""
    root = Path('data/deeppcb/PCBData')
    images, labels = root / 'group1' / '1', root / 'group1' / '1_not'
    images.mkdir(parents=True)
    labels.mkdir()
    for number, split in ((1, 'trainval'), (2, 'test')):
        pixels = np.random.default_rng(number).integers(0, 2, (640, 640), np.uint8)
        assert cv2.imwrite(str(images / f'{number}_test.png'), 255 * pixels)
        (labels / f'{number}.txt').write_text(f'64 128 160 192 {number}\n')
        line = f'group1/1/{number}.jpg group1/1_not/{number}.txt\n'
        (root / f'{split}.txt').write_text(line)
    convert('data/deeppcb', 'data/deeppcb/annotations')


def test_synthetic_config_gives_samples(synthetic):
    config = load('synthetic_small')
    sizes = []
    for loader in dataloaders(config):
        dataset = DATASETS.build(loader.dataset)
        assert dataset.metainfo['classes'] == tuple(PATTERNS)[: config.num_classes]
        assert len(dataset.metainfo['palette']) == config.num_classes
        sizes.append(len(dataset))
        annotations = COCO(dataset.ann_file)
        for index, sample in enumerate(dataset):
            assert sample['inputs'].shape == (3, config.hr_side, config.hr_side)
            instances = sample['data_samples'].gt_instances
            assert len(instances) == len(annotations.getAnnIds(imgIds=[index]))
            assert instances.labels.max() < config.num_classes
    assert sizes == [3, 2, 2]


@pytest.mark.parametrize('name', ['deeppcb_320', 'deeppcb_160'])
def test_deeppcb_config_gives_samples_at_the_high_resolution_side(deeppcb, name):
    config = load(name)
    # r = 2: twice the input side that names the config.
    assert config.hr_side == 2 * int(name[-3:])
    for label, loader in enumerate(dataloaders(config)[:2]):
        dataset = DATASETS.build(loader.dataset)
        assert len(dataset.metainfo['classes']) == config.num_classes == 6
        assert len(dataset.metainfo['palette']) == 6
        sample = dataset[0]
        assert sample['inputs'].shape == (3, config.hr_side, config.hr_side)
        data_sample = sample['data_samples']
        assert data_sample.ori_shape == (640, 640)
        assert data_sample.gt_instances.labels.tolist() == [label]
        box = np.array([64.0, 128, 160, 192])
        # Boxes for evaluation stay in the frame of the original.
        if not dataset.test_mode:
            box *= config.hr_side / 640
        if data_sample.get('flip'):
            box[[0, 2]] = config.hr_side - box[[2, 0]]
        found = data_sample.gt_instances.bboxes.tensor.numpy()
        np.testing.assert_allclose(found, [box])


def test_deeppcb_config_reads_the_shared_data(tmp_path):
    if not SHARED.is_dir():
        pytest.skip(f'DeepPCB is not at {SHARED}')
    convert(SHARED, tmp_path)
    config = load('deeppcb_160')
    for loader, count in zip(dataloaders(config), (1000, 500, 500), strict=True):
        loader.dataset.data_root = str(SHARED)
        loader.dataset.ann_file = str(tmp_path / Path(loader.dataset.ann_file).name)
        dataset = DATASETS.build(loader.dataset)
        assert len(dataset) == count
        sample = dataset[count // 2]
        assert sample['inputs'].shape == (3, 320, 320)
        assert len(sample['data_samples'].gt_instances) > 0


def test_hituav_config_gives_whole_images_and_ignores_crowds(in_tmp_path, write_hituav):
    root = write_hituav(Path('data/hit_uav/normal_json'))
    hituav.convert(root, 'data/hit_uav/annotations')
    config = load('hit_uav')
    for loader, count in zip(dataloaders(config)[:2], (2, 1), strict=True):
        dataset = DATASETS.build(loader.dataset)
        assert dataset.metainfo['classes'] == hituav.CLASSES
        assert len(dataset) == count
        sample = dataset[0]
        assert sample['inputs'].shape == (3, 512, 640)
        # One a class, and of the two categories without a class.
        assert len(sample['data_samples'].gt_instances) == config.num_classes == 3
        assert len(sample['data_samples'].ignored_instances) == 4


@pytest.mark.parametrize('name', PAIRS)
def test_dataloaders_allow_an_exact_resume(name):
    for loader in dataloaders(load(name)):
        assert loader.persistent_workers is False
        assert loader.batch_size == 4


def test_buckets_of_the_synthetic_set_hold_all_of_its_objects(synthetic):
    config = load('synthetic_small')
    coco = COCO(config.val_evaluator.ann_file)
    sides = np.sqrt([annotation['area'] for annotation in coco.anns.values()])
    low, *_, high = config.size_buckets
    assert low <= sides.min() and sides.max() < high


def test_coco_config_changes_the_evaluators_only(tmp_path):
    parent = tmp_path / 'parent.py'
    parent.write_text("_base_ = 'mmdet::_base_/datasets/coco_detection.py'\n")
    base, config = Config.fromfile(str(parent)), load('coco_detection_size')
    assert base.keys() == config.keys()
    changed = {key for key in base if config[key] != base[key]}
    assert changed == {'val_evaluator', 'test_evaluator'}
    for evaluator in (config.val_evaluator, config.test_evaluator):
        assert evaluator.type == 'SizeCocoMetric'
        assert evaluator.metric == ['bbox', 'bbox_size']
        assert evaluator.size_buckets == 'coco'
        assert evaluator.ann_file == base.val_evaluator.ann_file
