import json
import shutil
import sys

import pytest
from PIL import Image

from mmdet_sodgan.apps.project.formats import read_splits
from mmdet_sodgan.utils.errors import UserError

XML = """<annotation><filename>{name}</filename>
<size><width>64</width><height>48</height><depth>3</depth></size>{objects}
</annotation>"""
OBJECT = """<object><name>{name}</name><difficult>0</difficult><bndbox>
<xmin>{x}</xmin><ymin>6</ymin><xmax>14</xmax><ymax>10</ymax></bndbox></object>"""


def make_images(folder, names):
    folder.mkdir(parents=True)
    for name in names:
        Image.new('RGB', (64, 48)).save(folder / name)


@pytest.fixture
def voc(tmp_path):
    """Factory of a Pascal VOC folder: the first image has objects, one is empty."""

    def make(name='voc', classes=('bolt', 'nut'), x=5):
        root = tmp_path / name
        make_images(root / 'JPEGImages', ['a.jpg', 'b.jpg'])
        (root / 'Annotations').mkdir()
        objects = ''.join(OBJECT.format(name=n, x=x) for n in classes)
        (root / 'Annotations/a.xml').write_text(XML.format(name='a', objects=objects))
        (root / 'Annotations/b.xml').write_text(XML.format(name='b', objects=''))
        return root

    return make


@pytest.fixture
def yolo(tmp_path):
    """A YOLO folder with two splits, in the layout of Ultralytics."""
    root = tmp_path / 'yolo'
    for split, names in (('train', ['a.png', 'b.png']), ('val', ['c.png'])):
        make_images(root / 'images' / split, names)
        (root / 'labels' / split).mkdir(parents=True)
    (root / 'labels/train/a.txt').write_text('1 0.5 0.5 0.25 0.5\n')
    (root / 'labels/val/c.txt').write_text('0 0.25 0.5 0.25 0.25\n')
    (root / 'data.yaml').write_text(
        'path: .\ntrain: images/train\nval: images/val\nnames: {0: nut, 1: bolt}\n'
    )
    return root


def read(tmp_path, **named):
    splits = dict(read_splits(named, tmp_path / 'out'))
    return splits, {n: json.loads(s.ann_file.read_text()) for n, s in splits.items()}


def test_coco_is_taken_as_it_is(tmp_path, make_split):
    named = make_split()
    splits, _ = read(tmp_path, train=named)
    assert splits['train'].ann_file == named[0] and not splits['train'].converted
    assert not (tmp_path / 'out').exists()


def test_voc_boxes_are_zero_based_and_images_without_objects_stay(tmp_path, voc):
    splits, contents = read(tmp_path, train=[voc()])
    coco = contents['train']
    assert [i['file_name'] for i in coco['images']] == ['a.jpg', 'b.jpg']
    assert [c['name'] for c in coco['categories']] == ['bolt', 'nut']
    assert [a['bbox'] for a in coco['annotations']] == [[4, 5, 10, 5]] * 2
    assert [a['area'] for a in coco['annotations']] == [50, 50]
    assert splits['train'].img_dir == tmp_path / 'voc/JPEGImages'
    assert splits['train'].ann_file == tmp_path / 'out/train.json'


def test_both_splits_of_voc_have_the_same_categories(tmp_path, voc):
    train, val = voc('t', ['nut', 'bolt']), voc('v', ['washer', 'nut'])
    _, contents = read(tmp_path, train=[train], val=[val])
    names = [[c['name'] for c in coco['categories']] for coco in contents.values()]
    assert names == [['bolt', 'nut', 'washer']] * 2
    labels = [a['category_id'] for a in contents['val']['annotations']]
    assert labels == [3, 2]


def test_lists_of_voc_are_the_splits(tmp_path, voc, project):
    root = voc()
    for file in ('JPEGImages/{}.jpg', 'Annotations/{}.xml'):
        shutil.copy(root / file.format('a'), root / file.format('c'))
    lists = root / 'ImageSets/Main'
    lists.mkdir(parents=True)
    (lists / 'train.txt').write_text('b\nc.jpg \n\n')
    (lists / 'val.txt').write_text('a\n')
    splits, contents = read(tmp_path, train=[root])
    names = {n: [i['file_name'] for i in c['images']] for n, c in contents.items()}
    assert names == dict(train=['b.jpg', 'c.jpg'], val=['a.jpg'])
    assert {len(coco['annotations']) for coco in contents.values()} == {2}
    assert [splits[name].remarks for name in ('train', 'val')] == [
        (
            f'2 of 3 images are taken, those of {lists}/train.txt',
            '1 of 2 images have no objects, the first is b.jpg',
        ),
        (f'1 of 3 images are taken, those of {lists}/val.txt',),
    ]
    _, lines = project(named=dict(train=[root]))
    assert f'  2 of 3 images are taken, those of {lists}/train.txt' in lines
    assert not any('held out' in line for line in lines)
    # Another folder is validated on as it is named.
    _, contents = read(tmp_path, train=[root], val=[voc('other')])
    assert len(contents['train']['images']) == len(contents['val']['images']) == 2
    (lists / 'val.txt').write_text('a\nd\n')
    with pytest.raises(UserError, match='val.txt names 1 images that are not .* is d:'):
        read(tmp_path, train=[root])


def test_yolo_file_names_both_splits_and_the_classes(tmp_path, yolo):
    splits, contents = read(tmp_path, train=[yolo])
    assert splits['val'].img_dir == yolo / 'images/val'
    for coco in contents.values():
        assert [c['name'] for c in coco['categories']] == ['nut', 'bolt']
    (box,) = contents['train']['annotations']
    assert box['bbox'] == [24, 12, 16, 24] and box['category_id'] == 2
    assert len(contents['train']['images']) == 2


def test_yolo_folders_of_one_split_each_are_taken(tmp_path, yolo):
    for split in ('train', 'val'):
        (yolo / split).mkdir()
        (yolo / 'images' / split).rename(yolo / split / 'images')
        (yolo / 'labels' / split).rename(yolo / split / 'labels')
    splits, contents = read(tmp_path, train=[yolo / 'train'], val=[yolo / 'val'])
    assert splits['val'].img_dir == yolo / 'val/images'
    assert len(contents['val']['annotations']) == 1


def test_turned_image_has_the_size_that_it_is_loaded_with(tmp_path, yolo, project):
    exif = Image.Exif()
    exif[0x0112] = 6  # the Orientation, a quarter turn
    (yolo / 'images/train/a.png').unlink()
    Image.new('RGB', (64, 48)).save(yolo / 'images/train/a.jpg', exif=exif)
    _, contents = read(tmp_path, train=[yolo])
    image, other = contents['train']['images']
    assert (image['width'], image['height']) == (48, 64)
    assert (other['width'], other['height']) == (64, 48)
    (box,) = contents['train']['annotations']
    assert box['bbox'] == [18, 16, 12, 32]
    # The doctor finds nothing to refuse.
    project(named=dict(train=[yolo]))


@pytest.mark.parametrize('label', [2, -1])
def test_class_that_yolo_file_does_not_name_is_refused(tmp_path, yolo, label):
    (yolo / 'labels/train/a.txt').write_text(f'{label} 0.5 0.5 0.25 0.5\n')
    with pytest.raises(UserError, match=rf'a\.png.* {label}'):
        read(tmp_path, train=[yolo])


@pytest.mark.parametrize('line', ['0 0.5 0.5', '0 0.5 0.5 x 0.5', '0 0.5 0.5 -1 1'])
def test_broken_yolo_line_is_refused_with_its_file(tmp_path, yolo, line):
    (yolo / 'labels/train/a.txt').write_text(line)
    with pytest.raises(UserError, match=r'cannot be converted .*a\.txt'):
        read(tmp_path, train=[yolo])


def test_broken_xml_is_refused(tmp_path, voc):
    root = voc()
    (root / 'Annotations/a.xml').write_text('<annotation>')
    with pytest.raises(UserError, match='voc cannot be converted'):
        read(tmp_path, train=[root])


def test_split_that_yolo_file_does_not_have_is_refused(tmp_path, yolo):
    (yolo / 'data.yaml').write_text('train: nowhere\nnames: [nut]\n')
    with pytest.raises(UserError, match="yaml names 'nowhere' as train, which is not"):
        read(tmp_path, train=[yolo])
    (yolo / 'data.yaml').write_text('names: [nut]\n')
    with pytest.raises(UserError, match='data.yaml has no key train: give it'):
        read(tmp_path, train=[yolo])


@pytest.mark.parametrize(
    'val', ['[images/train, images/val]', 'images/gone', 'val.txt', '3']
)
def test_val_of_a_yolo_file_that_is_not_one_folder_is_refused(tmp_path, yolo, val):
    (yolo / 'val.txt').touch()
    (yolo / 'data.yaml').write_text(f'train: images/train\nval: {val}\nnames: [a, b]')
    with pytest.raises(UserError, match=r'as val, which is not one .* a fifth held'):
        read(tmp_path, train=[yolo])


@pytest.mark.parametrize('train', ['images/train', '[images/train]'])
def test_yolo_file_itself_is_taken(tmp_path, yolo, train):
    text = (yolo / 'data.yaml').read_text().replace('images/train', train)
    (yolo / 'data.yaml').rename(yolo / 'my.yml')
    (yolo / 'my.yml').write_text(text)
    # What other systems leave behind.
    (yolo / 'images/Thumbs.db').touch()
    splits, contents = read(tmp_path, train=[yolo / 'my.yml'])
    assert splits['train'].img_dir == yolo / 'images/train'
    assert splits['val'].img_dir == yolo / 'images/val'
    assert len(contents['train']['annotations']) == 1


def test_files_that_are_not_read_are_counted_and_named(tmp_path, yolo):
    images, labels = yolo / 'images/train', yolo / 'labels/train'
    make_images(images / 'sub', ['d.png', 'e.png'])
    (labels / 'sub').mkdir()
    for name in ('sub/d', 'f', 'classes'):
        (labels / f'{name}.txt').write_text('1 0.5 0.5 0.25 0.5\n')
    splits, _ = read(tmp_path, train=[yolo])
    assert splits['train'].remarks == (
        f'2 files of {images} are not read, the first is sub/d.png: only BMP, JPEG, '
        'PNG, TIFF and WebP right in this folder are',
        f'2 files of {labels} have no image, the first is f.txt: their objects are not '
        'read',
        f'1 of 2 images have no file in {labels} and are taken for background, the '
        'first misses b.txt',
        '1 of 2 images have no objects, the first is b.png',
    )
    assert splits['val'].remarks == ()


def test_voc_image_without_annotation_is_told(tmp_path, voc):
    (voc() / 'Annotations/a.xml').rename(tmp_path / 'voc/Annotations/c.xml')
    remarks = read(tmp_path, train=[tmp_path / 'voc'])[0]['train'].remarks
    assert ['c.xml' in remarks[0], 'a.xml' in remarks[1]] == [True, True]
    assert remarks[2] == '2 of 2 images have no objects, the first is a.jpg'


def test_remarks_are_lines_of_the_screen(project, voc, make_split):
    (voc() / 'JPEGImages/c.gif').touch()
    root = voc('other').parent / 'voc'
    _, lines = project(named=dict(train=[root], val=[root.parent / 'other']))
    assert any(line.startswith('  1 files of ') for line in lines)


def test_other_folder_is_refused(tmp_path):
    with pytest.raises(UserError, match='nor a data.yaml'):
        read(tmp_path, train=[tmp_path])


def test_path_that_does_not_exist_is_named_alone(tmp_path):
    with pytest.raises(UserError, match='^--train .*mien does not exist: correct'):
        read(tmp_path, train=[tmp_path / 'mien'])


def test_annotation_file_without_images_is_refused(tmp_path, make_split):
    with pytest.raises(UserError, match='neither an annotation file and the folder'):
        read(tmp_path, train=make_split()[:1])


def test_missing_library_is_named(tmp_path, voc, monkeypatch):
    monkeypatch.setitem(sys.modules, 'supervision', None)
    with pytest.raises(SystemExit, match=r'pip install "mmdet_sodgan\[formats\]"'):
        read(tmp_path, train=[voc()])
