import json
from pathlib import Path

import pytest
from pycocotools.coco import COCO

from mmdet_sodgan.datasets.converters.hituav import convert

SHARED = Path(__file__).parents[3].parent / 'shared' / 'data' / 'hit_uav'


@pytest.fixture
def hituav(write_hituav, tmp_path):
    return write_hituav(tmp_path / 'normal_json')


def change(path, edit):
    coco = json.loads(path.read_text())
    edit(coco)
    path.write_text(json.dumps(coco))


def test_images_are_split_by_flight_setting(hituav, tmp_path):
    written = convert(hituav, tmp_path / 'ann')
    assert [path.name for path in written] == ['train.json', 'test.json']
    train, test = (COCO(str(path)) for path in written)
    assert {i: image['file_name'] for i, image in train.imgs.items()} == {
        1: 'val/0_70_40_0_06739.jpg',
        2: 'test/1_130_30_0_07130.jpg',
    }
    assert list(test.imgs.values()) == [
        dict(id=1, file_name='train/1_60_60_0_00520.jpg', width=640, height=512)
    ]


def test_other_categories_are_crowds_of_the_classes_they_may_be(hituav, tmp_path):
    _, test = convert(hituav, tmp_path / 'ann').values()
    assert [c['name'] for c in test['categories']] == ['Person', 'Car', 'Bicycle']
    keys = ('id', 'category_id', 'bbox', 'area', 'iscrowd')
    assert [tuple(a[key] for key in keys) for a in test['annotations']] == [
        (1, 1, [100, 50, 9, 18], 162, 0),
        (2, 2, [101, 50, 9, 18], 162, 0),
        (3, 3, [102, 50, 9, 18], 162, 0),
        # Another vehicle, and what may be anything.
        (4, 2, [103, 50, 9, 18], 162, 1),
        (5, 1, [104, 50, 9, 18], 162, 1),
        (6, 2, [104, 50, 9, 18], 162, 1),
        (7, 3, [104, 50, 9, 18], 162, 1),
    ]


def test_output_is_the_same_each_time(hituav, tmp_path):
    first = [path.read_bytes() for path in convert(hituav, tmp_path / 'a')]
    assert first == [path.read_bytes() for path in convert(hituav, tmp_path / 'b')]


@pytest.mark.parametrize(
    ('edit', 'error', 'message'),
    [
        (
            lambda coco: coco['images'][0].update(filename='0.jpg'),
            FileNotFoundError,
            'train/0.jpg is missing: restore',
        ),
        (
            lambda coco: coco['annotation'][3].update(category_id=7),
            ValueError,
            r'annotation 13 is of category 7 \(None\) and image 1, one of which is',
        ),
        (
            lambda coco: coco['annotation'][3].update(image_id=7),
            ValueError,
            r'of category 3 \(OtherVehicle\) and image 7, one of which is unknown',
        ),
        (lambda coco: coco.pop('annotation'), ValueError, 'is no JSON object with'),
    ],
)
def test_malformed_file_is_named(hituav, tmp_path, edit, error, message):
    change(hituav / 'annotations' / 'train.json', edit)
    with pytest.raises(error, match=f'train.json.*{message}'):
        convert(hituav, tmp_path / 'ann')
    assert not (tmp_path / 'ann').exists()


def test_image_of_two_files_is_refused(hituav, tmp_path):
    folder = hituav / 'annotations'
    (folder / 'val.json').write_text((folder / 'instances_val.json').read_text())
    with pytest.raises(ValueError, match='val.json: image 0_70_40_0_06739.jpg is in'):
        convert(hituav, tmp_path / 'ann')


def test_split_without_images_is_refused(hituav, tmp_path):
    (hituav / 'annotations' / 'train.json').unlink()
    with pytest.raises(ValueError, match='no image of a flight setting for testing'):
        convert(hituav, tmp_path / 'ann')


@pytest.mark.skipif(not SHARED.is_dir(), reason=f'HIT-UAV is not at {SHARED}')
def test_copy_that_is_split_by_setting_keeps_its_split_and_boxes(tmp_path):
    train, test, subset = convert(SHARED, tmp_path, num_train=320).items()
    assert len(subset[1]['images']) == 320
    for path, coco in (train, test):
        published = json.loads((SHARED / 'annotations' / path.name).read_text())
        names = {i['id']: f'{path.stem}/{i["file_name"]}' for i in published['images']}
        expected = sorted(
            (names[a['image_id']], a['category_id'], a['bbox'], a['iscrowd'])
            for a in published['annotations']
        )
        own = {image['id']: image['file_name'] for image in coco['images']}
        assert set(own.values()) == set(names.values())
        assert expected == sorted(
            (own[a['image_id']], a['category_id'], a['bbox'], a['iscrowd'])
            for a in coco['annotations']
        )
    assert [len(coco['images']) for _, coco in (train, test)] == [640, 240]
