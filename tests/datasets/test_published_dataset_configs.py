"""Configs of the data sets that others published: samples and scores."""

from pathlib import Path

import pytest
import torch
from mmdet.registry import DATASETS, METRICS
from mmengine.config import Config

from mmdet_sodgan.datasets.converters import sodad, tinyperson, visdrone

CONFIGS = Path(__file__).parents[2] / 'configs' / '_base_' / 'datasets'
NAMES = ('visdrone', 'aitod', 'tinyperson', 'sodad')


def load(name):
    return Config.fromfile(str(CONFIGS / f'{name}.py'))


def dataloaders(config):
    return config.train_dataloader, config.val_dataloader, config.test_dataloader


@pytest.fixture
def data(
    tmp_path, monkeypatch, write_visdrone, write_aitod, write_tinyperson, write_sodad
):
    """Each set in its published form, where the configs look for it, converted."""
    monkeypatch.chdir(tmp_path)
    visdrone.convert(write_visdrone(Path('data/visdrone')), 'data/visdrone/annotations')
    write_aitod(Path('data/aitod'))
    tinyperson.convert(
        write_tinyperson(Path('data/tinyperson')), 'data/tinyperson/converted'
    )
    sodad.convert(write_sodad(Path('data/sodad')), 'data/sodad/converted')


def predict(evaluator, classes, detections):
    """Score (image id, [x, y, w, h], class, score) with an evaluator."""
    metric = METRICS.build(evaluator)
    metric.dataset_meta = dict(classes=classes)
    for image_id in metric._coco_api.get_img_ids():
        own = [d for d in detections if d[0] == image_id]
        boxes = torch.tensor([d[1] for d in own]).reshape(-1, 4)
        boxes[:, 2:] += boxes[:, :2]
        instances = dict(
            bboxes=boxes,
            labels=torch.tensor([classes.index(d[2]) for d in own], dtype=torch.long),
            scores=torch.tensor([d[3] for d in own]),
        )
        sample = dict(img_id=image_id, ori_shape=(720, 1280), pred_instances=instances)
        metric.process({}, [sample])
    return metric.evaluate(len(metric._coco_api.get_img_ids()))


@pytest.mark.parametrize(
    ('name', 'count', 'train_shape', 'test_shape', 'ignored'),
    [
        # 64 x 48 px enlarged by 800 / 48; the second image holds nothing. The
        # ignored region counts once a class.
        ('visdrone', 1, (3, 800, 1067), (3, 800, 1067), 11),
        ('aitod', 1, (3, 800, 800), (3, 800, 800), 0),
        ('tinyperson', 2, (3, 512, 640), (3, 720, 1280), 1),
        ('sodad', 1, (3, 1200, 1200), (3, 1200, 1200), 1),
    ],
)
def test_config_gives_samples(data, name, count, train_shape, test_shape, ignored):
    config = load(name)
    train, *rest = (DATASETS.build(x.dataset) for x in dataloaders(config))
    assert len(train) == count
    for dataset in (train, *rest):
        assert len(dataset.metainfo['classes']) == config.num_classes
        sample = dataset[0]
        shape = test_shape if dataset.test_mode else train_shape
        assert tuple(sample['inputs'].shape) == shape
        found = sample['data_samples']
        # A random crop may hold the ignored region alone.
        assert len(found.gt_instances) + len(found.ignored_instances) >= 1
        if dataset.test_mode:
            assert len(found.gt_instances) >= 1
            assert len(found.ignored_instances) == ignored


@pytest.mark.parametrize('name', NAMES)
def test_config_has_the_classes_of_its_converter(name):
    converted = dict(
        visdrone=visdrone.CLASSES, sodad=sodad.CLASSES, tinyperson=('person',)
    )
    config = load(name)
    classes = config.train_dataloader.dataset.metainfo.classes
    assert len(set(classes)) == config.num_classes
    assert classes == converted.get(name, classes)
    for loader in dataloaders(config)[1:]:
        assert loader.dataset.metainfo.classes == classes


@pytest.mark.parametrize(
    ('name', 'detections', 'expected'),
    [
        (
            'visdrone',
            [
                (1, [10.0, 12, 8, 6], 'car', 0.5),
                # In the ignored region, and on the pedestrian of score 0.
                (1, [2.0, 2, 9, 5], 'car', 0.9),
                (1, [2.0, 2, 9, 5], 'bus', 0.9),
                (1, [40.0, 30, 5, 7], 'pedestrian', 0.9),
            ],
            dict(bbox_mAP=1, bbox_mAP_50=1, bbox_size_small_AP=1),
        ),
        (
            'aitod',
            # The ship, of 10 px, is missed; it is not very tiny.
            [(1, [100.0, 50, 6, 6], 'vehicle', 0.5)],
            dict(
                bbox_mAP=0.5,
                bbox_size_very_tiny_AP=1,
                bbox_size_tiny_AP=0,
                bbox_size_small_AP=-1,
            ),
        ),
        (
            'tinyperson',
            [
                # IoU 75 / 125 = 0.6: right at 0.25 and 0.5, wrong at 0.75.
                (0, [103.0, 50, 10, 10], 'person', 0.9),
                (1, [200.0, 50, 6, 12], 'person', 0.8),
                # On the uncertain person, and inside the ignored region.
                (1, [10.0, 20, 8, 9], 'person', 0.95),
                (0, [310.0, 70, 10, 10], 'person', 0.95),
            ],
            # Both have a side of 8 to 12 px. At 0.75 the second is found with
            # precision 1 / 2 and recall 1 / 2: 51 of the 101 sampled recalls.
            dict(
                bbox_mAP=(2 + 0.5 * 51 / 101) / 3,
                bbox_mAP_50=1,
                bbox_size_tiny1_AP=-1,
                bbox_size_tiny2_AP=(2 + 0.5 * 51 / 101) / 3,
                bbox_size_tiny2_AP50=1,
                bbox_size_tiny2_num_gt=2,
            ),
        ),
        (
            'sodad',
            [
                (0, [100.0, 50, 10, 10], 'traffic-sign', 0.5),
                # On the object that the patch cuts off.
                (0, [0.0, 300, 4, 20], 'traffic-sign', 0.9),
            ],
            dict(
                bbox_mAP=1,
                bbox_size_extremely_small_AP=1,
                bbox_size_extremely_small_num_gt=1,
                bbox_size_normal_AP=-1,
            ),
        ),
    ],
)
def test_evaluator_scores_predictions(data, name, detections, expected):
    config = load(name)
    classes = config.val_dataloader.dataset.metainfo.classes
    result = predict(config.val_evaluator, classes, detections)
    found = {key: result[f'coco/{key}'] for key in expected}
    # mmdet rounds its own to three digits.
    assert found == pytest.approx(expected, abs=5e-4)


@pytest.mark.parametrize(
    ('name', 'box', 'label', 'bucket'),
    [
        ('visdrone', [10.0, 12, 8, 6], 'car', 'small'),
        ('aitod', [100.0, 50, 6, 6], 'vehicle', 'very_tiny'),
        ('sodad', [100.0, 50, 10, 10], 'traffic-sign', 'extremely_small'),
    ],
)
@pytest.mark.parametrize('surplus', [0, 1])
def test_evaluator_takes_the_stated_number_of_detections(
    data, name, box, label, bucket, surplus
):
    config = load(name)
    classes = config.val_dataloader.dataset.metainfo.classes
    image_id = 0 if name == 'sodad' else 1
    wrong = [32.0, 30, *box[2:]]
    # The right one is the last that counts, or one too many.
    detections = [(image_id, wrong, label, 0.9)] * (config.max_dets - 1 + surplus)
    detections.append((image_id, box, label, 0.5))
    result = predict(config.val_evaluator, classes, detections)
    expected = 0 if surplus else 1 / config.max_dets
    assert result[f'coco/bbox_size_{bucket}_AP'] == pytest.approx(expected)


@pytest.mark.parametrize('name', NAMES)
def test_config_scores_what_its_dataloaders_load(name):
    config = load(name)
    for kind in ('val', 'test'):
        dataset = config[f'{kind}_dataloader'].dataset
        evaluator = config[f'{kind}_evaluator']
        assert evaluator.ann_file == dataset.data_root + dataset.ann_file
        assert evaluator.metric == ['bbox', 'bbox_size']
        assert evaluator.size_buckets == ('coco' if name == 'visdrone' else name)
        assert evaluator.size_max_dets == evaluator.proposal_nums[-1] == config.max_dets
        # mmdet takes its bbox_mAP from there.
        assert 100 in evaluator.proposal_nums
    for loader in dataloaders(config):
        assert loader.persistent_workers is False
        assert loader.dataset.type == config.dataset_type == 'SmallObjectCocoDataset'
        assert loader.dataset.data_root == f'data/{name}/'
