import csv
import json

import pytest
import torch
from mmdet.structures import DetDataSample
from mmengine.structures import InstanceData
from pycocotools.coco import COCO

from mmdet_sodgan.apis.prediction_writer import PredictionWriter


def sample(*found, shape=(64, 96)):
    """Make a sample of boxes (x1, y1, x2, y2, score, label)."""
    table = torch.tensor(found, dtype=torch.float32).reshape(-1, 6)
    result = DetDataSample(metainfo=dict(ori_shape=shape))
    result.pred_instances = InstanceData(
        bboxes=table[:, :4], scores=table[:, 4], labels=table[:, 5].long()
    )
    return result


def read(path):
    return json.loads(path.read_text())


@pytest.fixture
def writer(tmp_path):
    with PredictionWriter(tmp_path / 'out', ('dog', 'cat'), 0.5) as writer:
        yield writer


def test_files_are_whole_after_each_image(writer, tmp_path):
    out = tmp_path / 'out'
    detections, images = out / 'detections.json', out / 'images.json'
    categories = [dict(id=1, name='dog'), dict(id=2, name='cat')]
    assert read(detections) == []
    assert read(images) == dict(categories=categories, images=[])
    writer.write('a.png', sample((1, 2, 4, 8, 0.75, 1), (0, 0, 2, 2, 0.25, 0)))
    first = [
        dict(image_id=1, category_id=2, bbox=[1, 2, 3, 6], score=0.75),
        dict(image_id=1, category_id=1, bbox=[0, 0, 2, 2], score=0.25),
    ]
    assert read(detections) == first
    writer.write('b.png', sample(shape=(5, 7)))
    assert read(detections) == first
    writer.write('c.png', sample((0, 0, 1, 1, 1, 0)))
    last = dict(image_id=3, category_id=1, bbox=[0, 0, 1, 1], score=1)
    assert read(detections) == [*first, last]
    assert read(images)['images'] == [
        dict(id=1, file_name='a.png', width=96, height=64),
        dict(id=2, file_name='b.png', width=7, height=5),
        dict(id=3, file_name='c.png', width=96, height=64),
    ]


def test_pycocotools_reads_the_results(writer, tmp_path):
    writer.write('a.png', sample((1, 2, 4, 8, 0.75, 1)))
    index = COCO(str(tmp_path / 'out' / 'images.json'))
    results = index.loadRes(str(tmp_path / 'out' / 'detections.json'))
    assert results.getCatIds() == [1, 2]
    assert [x['bbox'] for x in results.loadAnns(results.getAnnIds(1))] == [[1, 2, 3, 6]]


def test_boxes_of_the_sample_stay_as_they_are(writer):
    given = sample((1, 2, 4, 8, 0.75, 1))
    writer.write('a.png', given)
    assert given.pred_instances.bboxes.tolist() == [[1, 2, 4, 8]]


def test_table_has_what_is_above_the_threshold(writer, tmp_path):
    writer.write('a, b.png', sample((1, 2, 4, 8, 0.75, 1), (0, 0, 2, 2, 0.5, 0)))
    rows = list(csv.reader(open(tmp_path / 'out' / 'detections.csv')))
    assert rows == [
        ['file_name', 'class', 'score', 'x', 'y', 'width', 'height'],
        ['a, b.png', 'cat', '0.7500', '1.00', '2.00', '3.00', '6.00'],
    ]


def test_failures_are_kept_and_those_of_a_run_before_removed(writer, tmp_path):
    writer.fail('a.png', 'It is broken.')
    writer.fail('b.png', 'So is this.')
    assert writer.failures == [('a.png', 'It is broken.'), ('b.png', 'So is this.')]
    path = tmp_path / 'out' / 'failed.csv'
    assert list(csv.reader(open(path)))[1:] == [list(x) for x in writer.failures]
    with PredictionWriter(tmp_path / 'out', ('dog',), 0.5):
        assert not path.exists()
