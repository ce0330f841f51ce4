import json

import pytest
from pycocotools.coco import COCO

from mmdet_sodgan.datasets.converters.tinyperson import convert


@pytest.fixture
def tinyperson(write_tinyperson, tmp_path):
    return write_tinyperson(tmp_path / 'tiny_set')


def change(path, edit):
    coco = json.loads(path.read_text())
    edit(coco)
    path.write_text(json.dumps(coco))


def test_persons_are_one_class_and_flags_are_crowds(tinyperson, tmp_path):
    written = convert(tinyperson, tmp_path / 'converted')
    assert [path.name for path in written] == ['train.json', 'test.json']
    coco = COCO(str(tmp_path / 'converted' / 'test.json'))
    assert coco.cats == {1: dict(id=1, name='person')}
    # Image 2 is dense.
    assert {i: image['file_name'] for i, image in coco.imgs.items()} == {
        0: 'labeled_images/0.jpg',
        1: 'labeled_images/1.jpg',
    }
    keys = ('id', 'image_id', 'category_id', 'bbox', 'area', 'iscrowd')
    assert [tuple(a[key] for key in keys) for a in coco.dataset['annotations']] == [
        (1, 0, 1, [100.5, 50.0, 10.0, 10.0], 100.0, 0),
        (2, 0, 1, [300.0, 60.0, 90.0, 40.0], 3600.0, 1),
        (3, 1, 1, [200.0, 50.0, 6.0, 12.0], 72.0, 0),
        (4, 1, 1, [10.0, 20.0, 8.0, 9.0], 72.0, 1),
    ]
    # mmdet skips what still has 'ignore'.
    assert all(set(a) == set(keys) for a in coco.dataset['annotations'])


@pytest.mark.parametrize('flag', ['ignore', 'uncertain', 'logo'])
def test_each_flag_alone_makes_a_crowd(tinyperson, tmp_path, flag):
    path = tinyperson / 'annotations' / 'tiny_set_train.json'
    change(path, lambda coco: coco['annotations'][0].update({flag: True}))
    train, test = convert(tinyperson, tmp_path / 'converted').values()
    assert [a['iscrowd'] for a in train['annotations']] == [1, 1, 0, 1]
    assert [a['iscrowd'] for a in test['annotations']] == [0, 1, 0, 1]


def test_file_with_one_class_already_gives_the_same(tinyperson, tmp_path):
    before = list(convert(tinyperson, tmp_path / 'a').values())

    def merge(coco):
        coco['categories'] = [dict(id=1, name='person', supercategory='none')]
        for item in coco['annotations']:
            item['category_id'] = 1

    for split in ('train', 'test'):
        change(tinyperson / 'annotations' / f'tiny_set_{split}.json', merge)
    assert list(convert(tinyperson, tmp_path / 'b').values()) == before


def test_output_is_the_same_each_time(tinyperson, tmp_path):
    first = [path.read_bytes() for path in convert(tinyperson, tmp_path / 'a')]
    assert first == [path.read_bytes() for path in convert(tinyperson, tmp_path / 'b')]


def test_missing_folder_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match='nowhere holds no folder annotations'):
        convert(tmp_path / 'nowhere', tmp_path / 'converted')


def test_missing_file_is_named(tinyperson, tmp_path):
    (tinyperson / 'annotations' / 'tiny_set_test.json').unlink()
    with pytest.raises(FileNotFoundError, match='tiny_set_test.json is missing: rest'):
        convert(tinyperson, tmp_path / 'converted')
    assert not (tmp_path / 'converted').exists()


@pytest.mark.parametrize('content', ['{"images": [', '[]', '{"images": []}'])
def test_file_of_another_form_is_named(tinyperson, tmp_path, content):
    (tinyperson / 'annotations' / 'tiny_set_test.json').write_text(content)
    with pytest.raises(ValueError, match='tiny_set_test.json is no JSON object with'):
        convert(tinyperson, tmp_path / 'converted')


@pytest.mark.parametrize(
    ('edit', 'message'),
    [
        (lambda item: item.pop('bbox'), r"annotation 3 has no \['bbox'\]: restore"),
        (lambda item: item.update(category_id=5), r'annotation 3 is of category 5'),
    ],
)
def test_malformed_annotation_is_named(tinyperson, tmp_path, edit, message):
    path = tinyperson / 'annotations' / 'tiny_set_train.json'
    change(path, lambda coco: edit(coco['annotations'][3]))
    with pytest.raises(ValueError, match=f'tiny_set_train.json: {message}'):
        convert(tinyperson, tmp_path / 'converted')


def test_other_class_is_refused(tinyperson, tmp_path):
    path = tinyperson / 'annotations' / 'tiny_set_train.json'
    change(path, lambda coco: coco['categories'][1].update(name='boat'))
    with pytest.raises(ValueError, match=r'of category 2 \(boat\), which is none of'):
        convert(tinyperson, tmp_path / 'converted')
