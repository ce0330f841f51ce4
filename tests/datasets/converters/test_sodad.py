import json

import pytest
from pycocotools.coco import COCO

from mmdet_sodgan.datasets.converters.sodad import CLASSES, convert


@pytest.fixture
def sodad(write_sodad, tmp_path):
    return write_sodad(tmp_path / 'sodad')


def change(path, edit):
    coco = json.loads(path.read_text())
    edit(coco)
    path.write_text(json.dumps(coco))


def test_cut_objects_are_crowds_and_ignored_regions_are_left_out(sodad, tmp_path):
    written = convert(sodad, tmp_path / 'converted')
    assert [path.name for path in written] == ['train.json', 'val.json', 'test.json']
    coco = COCO(str(tmp_path / 'converted' / 'val.json'))
    assert [coco.cats[i]['name'] for i in range(1, 10)] == list(CLASSES)
    assert len(coco.cats) == 9
    assert coco.imgs == {0: dict(id=0, file_name='val_0.jpg', width=800, height=800)}
    keys = ('id', 'image_id', 'category_id', 'bbox', 'area', 'iscrowd')
    assert [tuple(a[key] for key in keys) for a in coco.dataset['annotations']] == [
        (1, 0, 6, [100.0, 50.0, 10.0, 10.0], 100.0, 0),
        (2, 0, 6, [0.0, 300.0, 4.0, 20.0], 80.0, 1),
    ]
    assert all(set(a) == set(keys) for a in coco.dataset['annotations'])


def test_file_without_the_category_ignore_is_converted_too(sodad, tmp_path):
    # The splitter leaves it out where it blackens the regions.
    def blacken(coco):
        coco['categories'].pop()
        coco['annotations'].pop()

    before = list(convert(sodad, tmp_path / 'a').values())
    for path in (sodad / 'Annotations').iterdir():
        change(path, blacken)
    assert list(convert(sodad, tmp_path / 'b').values()) == before


def test_output_is_the_same_each_time(sodad, tmp_path):
    first = [path.read_bytes() for path in convert(sodad, tmp_path / 'a')]
    assert first == [path.read_bytes() for path in convert(sodad, tmp_path / 'b')]


def test_missing_folder_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match='nowhere/Annotations holds none of'):
        convert(tmp_path / 'nowhere', tmp_path / 'converted')


@pytest.mark.parametrize(
    ('edit', 'message'),
    [
        (
            lambda coco: coco['categories'][0].update(name='pedestrian'),
            "val.json: its categories are {1: 'pedestrian'",
        ),
        (
            lambda coco: coco['annotations'][0].update(category_id=11),
            r'val.json has annotations of the unknown categories \[11\]',
        ),
        (
            lambda coco: coco['annotations'][1].pop('area'),
            r"val.json: annotation 1 has no \['area'\]: restore",
        ),
    ],
)
def test_other_content_is_refused(sodad, tmp_path, edit, message):
    change(sodad / 'Annotations' / 'val.json', edit)
    with pytest.raises(ValueError, match=message):
        convert(sodad, tmp_path / 'converted')
    assert not (tmp_path / 'converted').exists()
