import re

import pytest
from pycocotools.coco import COCO

from mmdet_sodgan.datasets.converters.visdrone import CLASSES, convert

TRAIN = 'VisDrone2019-DET-train'
LABELS = f'{TRAIN}/annotations/0000001_d_2.txt'


@pytest.fixture
def visdrone(write_visdrone, tmp_path):
    return write_visdrone(tmp_path / 'visdrone')


def test_boxes_classes_and_what_is_ignored_are_converted(visdrone, tmp_path):
    written = convert(visdrone, tmp_path / 'ann')
    assert [path.name for path in written] == ['train.json', 'val.json']
    coco = COCO(str(tmp_path / 'ann' / 'train.json'))
    assert coco.imgs == {
        1: dict(id=1, file_name='0000001_d_2.jpg', width=64, height=48),
        2: dict(id=2, file_name='9999999_d_1.jpg', width=64, height=48),
    }
    assert [coco.cats[i]['name'] for i in range(1, 11)] == list(CLASSES)
    found = [
        (a['image_id'], a['category_id'], a['bbox'], a['area'], a['iscrowd'])
        for a in coco.dataset['annotations']
    ]
    assert found == [
        (1, 4, [10, 12, 8, 6], 48, 0),
        (1, 1, [40, 30, 5, 7], 35, 1),
        # The ignored region, for each of the classes.
        *((1, label, [0, 0, 20, 10], 200, 1) for label in range(1, 11)),
    ]
    assert list(coco.anns) == list(range(1, 13))


def test_output_is_the_same_each_time(visdrone, tmp_path):
    first = [path.read_bytes() for path in convert(visdrone, tmp_path / 'a')]
    assert first == [path.read_bytes() for path in convert(visdrone, tmp_path / 'b')]


def test_missing_folder_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match='nowhere holds none of VisDrone2019'):
        convert(tmp_path / 'nowhere', tmp_path / 'ann')


def test_folder_without_images_is_named(visdrone, tmp_path):
    for path in visdrone.glob(f'{TRAIN}/images/*'):
        path.unlink()
    with pytest.raises(FileNotFoundError, match='train/images holds no images'):
        convert(visdrone, tmp_path / 'ann')


@pytest.mark.parametrize(
    ('path', 'message'),
    [
        (LABELS, '0000001_d_2 has no annotation file: restore'),
        (f'{TRAIN}/images/9999999_d_1.jpg', '9999999_d_1 has no image: restore'),
    ],
)
def test_missing_file_is_named(visdrone, tmp_path, path, message):
    (visdrone / path).unlink()
    with pytest.raises(FileNotFoundError, match=message):
        convert(visdrone, tmp_path / 'ann')
    assert not (tmp_path / 'ann').exists()


def test_file_that_is_no_image_is_named(visdrone, tmp_path):
    (visdrone / TRAIN / 'images' / '9999999_d_1.jpg').write_text('<html>')
    with pytest.raises(ValueError, match='9999999_d_1.jpg is not an image: restore'):
        convert(visdrone, tmp_path / 'ann')


@pytest.mark.parametrize(
    ('content', 'message'),
    [
        ('1,2,3,4,1,1,0,0\n1,2,3,4,1,1,0\n', "txt:2: expected 'left,top,width,height"),
        ('1,2,3,4,1,1,0,0,0\n', ':1: expected'),
        ('1,2,3.5,4,1,1,0,0\n', ':1: expected'),
        ('1 2 3 4 1 1 0 0\n', ':1: expected'),
        ('1,2,-3,4,1,1,0,0\n', ':1: a negative size'),
        ('1,2,3,4,0.9,1,0,0\n', ':1: expected'),
        ('1,2,3,4,2,1,0,0\n', ':1: a negative size or a score that is neither'),
        ('1,2,3,4,1,12,0,0\n', ':1: category 12 is not one of 0 to 11'),
        ('1,2,3,4,1,-1,0,0\n', ':1: category -1 is not'),
    ],
)
def test_malformed_line_is_named(visdrone, tmp_path, content, message):
    (visdrone / LABELS).write_text(content)
    with pytest.raises(ValueError, match=re.escape(message)) as error:
        convert(visdrone, tmp_path / 'ann')
    assert str(visdrone / LABELS) in str(error.value)
    assert not (tmp_path / 'ann').exists()
