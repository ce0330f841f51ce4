import json
import os
import re
from pathlib import Path

import cv2
import numpy as np
import pytest
from pycocotools.coco import COCO

from mmdet_sodgan.datasets.converters.deeppcb import convert

SHARED = Path(__file__).parents[3].parent / 'shared' / 'data' / 'deeppcb'
needs_shared = pytest.mark.skipif(
    not SHARED.is_dir(), reason=f'DeepPCB is not at {SHARED}'
)
NAMES = ('open', 'short', 'mousebite', 'spur', 'copper', 'pin-hole')


@pytest.fixture
def deeppcb(tmp_path):
    """Six 64 x 48 px pairs in the published layout, four of them for training."""
    root = tmp_path / 'PCBData'
    lines = []
    for number in range(6):
        stem = f'0004{number:04d}'
        images, labels = root / 'group0004' / '0004', root / 'group0004' / '0004_not'
        images.mkdir(parents=True, exist_ok=True)
        labels.mkdir(exist_ok=True)
        pixels = np.full((48, 64), 40 * number, np.uint8)
        for kind in ('test', 'temp'):
            assert cv2.imwrite(str(images / f'{stem}_{kind}.jpg'), pixels)
        (labels / f'{stem}.txt').write_text(
            f'{number} 2 {number + 5} 9 {number + 1}\n10 20 64 48 1\n'
        )
        lines.append(f'group0004/0004/{stem}.jpg group0004/0004_not/{stem}.txt\n')
    # The published files have carriage returns in some places and not in others.
    (root / 'trainval.txt').write_text(''.join(lines[:4]))
    (root / 'test.txt').write_text(''.join(lines[4:]).replace('\n', '\r\n'))
    return root


def load(path):
    return json.loads(path.read_text())


def test_boxes_classes_and_image_sizes_are_converted(deeppcb, tmp_path):
    written = convert(deeppcb, tmp_path / 'ann')
    assert [path.name for path in written] == ['trainval.json', 'test.json']
    for path, coco in written.items():
        assert load(path) == coco

    coco = COCO(str(tmp_path / 'ann' / 'test.json'))
    assert [coco.cats[i]['name'] for i in range(1, 7)] == list(NAMES)
    assert coco.imgs[40005] == dict(
        id=40005,
        file_name='group0004/0004/00040005_test.jpg',
        width=64,
        height=48,
    )
    found = [
        (a['bbox'], a['area'], a['category_id'])
        for a in coco.loadAnns(coco.getAnnIds(imgIds=[40005]))
    ]
    assert found == [([5, 2, 5, 7], 35, 6), ([10, 20, 54, 28], 1512, 1)]
    assert len(coco.anns) == 4
    assert min(coco.anns) == 1  # pycocotools takes an id of 0 for no match


def test_parent_of_the_image_folder_is_accepted(deeppcb, tmp_path):
    direct = convert(deeppcb, tmp_path / 'a')
    parent = convert(deeppcb.parent, tmp_path / 'b')
    assert list(direct.values()) == list(parent.values())


def test_png_copy_gives_the_same_ids_and_boxes(deeppcb, tmp_path):
    jpg = convert(deeppcb, tmp_path / 'a')
    for path in deeppcb.rglob('*_test.jpg'):
        assert cv2.imwrite(str(path.with_suffix('.png')), cv2.imread(str(path)))
        path.unlink()
    png = convert(deeppcb, tmp_path / 'b')
    for first, second in zip(jpg.values(), png.values(), strict=True):
        assert first['annotations'] == second['annotations']
        names = [i['file_name'].replace('.jpg', '.png') for i in first['images']]
        assert names == [i['file_name'] for i in second['images']]


def test_all_pairs_are_converted_where_there_are_no_split_files(deeppcb, tmp_path):
    splits = convert(deeppcb, tmp_path / 'a')
    for name in ('trainval.txt', 'test.txt'):
        (deeppcb / name).unlink()
    written = convert(deeppcb, tmp_path / 'b')
    assert [path.name for path in written] == ['all.json']
    images = [image for coco in splits.values() for image in coco['images']]
    (whole,) = written.values()
    assert whole['images'] == images
    assert len(whole['annotations']) == 12


def test_subset_of_impossible_size_leaves_no_files(deeppcb, tmp_path):
    with pytest.raises(ValueError, match='choose 1 to 2'):
        convert(deeppcb, tmp_path / 'ann', num_train=2, num_design=3)
    assert not (tmp_path / 'ann').exists()


def test_subset_needs_the_split_files(deeppcb, tmp_path):
    for name in ('trainval.txt', 'test.txt'):
        (deeppcb / name).unlink()
    with pytest.raises(FileNotFoundError, match='subset needs the split files'):
        convert(deeppcb, tmp_path / 'ann', num_train=2)


@pytest.mark.parametrize('make', [False, True])
def test_missing_folder_is_named(tmp_path, make):
    source = tmp_path / 'nowhere'
    if make:
        source.mkdir()
    with pytest.raises(FileNotFoundError, match='nowhere holds no DeepPCB images'):
        convert(source, tmp_path / 'ann')


@pytest.mark.parametrize(
    ('path', 'message'),
    [
        ('test.txt', 'Split file .*test.txt is missing while the other is there'),
        (
            'group0004/0004/00040005_test.jpg',
            r'test.txt:2: image .*00040005_test.jpg is missing: restore',
        ),
        (
            'group0004/0004_not/00040001.txt',
            r'trainval.txt:2: annotation .*00040001.txt is missing: restore',
        ),
    ],
)
def test_missing_file_is_named(deeppcb, tmp_path, path, message):
    (deeppcb / path).unlink()
    with pytest.raises(FileNotFoundError, match=message):
        convert(deeppcb, tmp_path / 'ann')
    assert not (tmp_path / 'ann').exists()


LABELS = 'group0004/0004_not/00040005.txt'


@pytest.mark.parametrize(
    ('path', 'content', 'message'),
    [
        ('test.txt', 'a.jpg\n', "test.txt:1: expected 'IMAGE ANNOTATION', but got 'a"),
        ('test.txt', '\na.jpg b.txt\n', "test.txt:2: image name 'a.jpg' is not a"),
        (LABELS, '1 2 3 4 1\n1 2 3 4\n', "00040005.txt:2: expected 'x1 y1 x2 y2 type'"),
        (LABELS, '1 2 3 4 5 6\n', '00040005.txt:1: expected'),
        (LABELS, '1 2 3.5 4 5\n', '00040005.txt:1: expected'),
        (LABELS, '1 2 3 4 7\n', '00040005.txt:1: type 7 is not one of 1 to 6'),
        (LABELS, '1 2 3 4 0\n', '00040005.txt:1: type 0 is not'),
        (LABELS, '1 2 65 4 1\n', ':1: box 1 2 65 4 is empty or leaves the 64 x 48 px'),
        (LABELS, '1 2 3 49 1\n', ':1: box 1 2 3 49 is empty or leaves'),
        (LABELS, '-1 2 3 4 1\n', ':1: box -1 2 3 4 is empty or leaves'),
        (LABELS, '5 2 5 4 1\n', ':1: box 5 2 5 4 is empty or leaves'),
    ],
)
def test_malformed_line_is_named(deeppcb, tmp_path, path, content, message):
    (deeppcb / path).write_text(content)
    with pytest.raises(ValueError, match=re.escape(message)):
        convert(deeppcb, tmp_path / 'ann')
    assert not (tmp_path / 'ann').exists()


def test_image_listed_twice_is_refused(deeppcb, tmp_path):
    lines = (deeppcb / 'test.txt').read_text().splitlines()
    (deeppcb / 'test.txt').write_text('\n'.join([lines[0], lines[1], lines[0]]))
    with pytest.raises(ValueError, match='test.txt:3: .* already in .*test.txt:1'):
        convert(deeppcb, tmp_path / 'ann')


def test_file_that_is_no_image_is_named(deeppcb, tmp_path):
    path = deeppcb / 'group0004' / '0004' / '00040005_test.jpg'
    path.write_text('<html>quota exceeded</html>')
    with pytest.raises(ValueError, match='00040005_test.jpg is not an image: restore'):
        convert(deeppcb, tmp_path / 'ann')


def test_failure_keeps_earlier_files(deeppcb, tmp_path):
    convert(deeppcb, tmp_path / 'ann')
    before = {p.name: p.read_bytes() for p in (tmp_path / 'ann').iterdir()}
    (deeppcb / LABELS).write_text('broken\n')
    with pytest.raises(ValueError, match='expected'):
        convert(deeppcb, tmp_path / 'ann')
    assert {p.name: p.read_bytes() for p in (tmp_path / 'ann').iterdir()} == before


def test_interrupted_write_keeps_the_earlier_file(deeppcb, tmp_path, monkeypatch):
    convert(deeppcb, tmp_path / 'ann')
    before = {p.name: p.read_bytes() for p in (tmp_path / 'ann').iterdir()}

    def full_disk(*args):
        raise OSError('No space left on device')

    monkeypatch.setattr(os, 'replace', full_disk)
    with pytest.raises(OSError, match='No space left'):
        convert(deeppcb, tmp_path / 'ann')
    assert {p.name: p.read_bytes() for p in (tmp_path / 'ann').iterdir()} == before


@needs_shared
def test_whole_data_set_has_the_published_counts(tmp_path):
    written = convert(SHARED, tmp_path, num_train=400, num_test=150)
    counts = {
        path.name: (len(coco['images']), len(coco['annotations']))
        for path, coco in written.items()
    }
    assert [counts[n][0] for n in ('trainval.json', 'test.json')] == [1000, 500]
    assert counts['trainval.json'][1] + counts['test.json'][1] == 10013
    assert counts['trainval_400.json'][0] == 400
    assert counts['test_150.json'][0] == 150

    whole = [COCO(str(tmp_path / f'{name}.json')) for name in ('trainval', 'test')]
    assert not set(whole[0].imgs) & set(whole[1].imgs)
    # Independent count: the type column of all annotation files.
    types = np.concatenate(
        [
            np.loadtxt(path, dtype=int, ndmin=2)[:, 4]
            for path in (SHARED / 'PCBData').glob('group*/*_not/*.txt')
        ]
    )
    for category, name in enumerate(NAMES, start=1):
        found = sum(len(c.getAnnIds(catIds=c.getCatIds([name]))) for c in whole)
        assert found == np.count_nonzero(types == category)


@needs_shared
def test_published_sample_equals_the_same_images_of_the_png_copy(tmp_path):
    sample = convert(SHARED / 'original_sample', tmp_path / 'jpg')
    whole = convert(SHARED, tmp_path / 'png')

    def by_image(results):
        found = {}
        for coco in results.values():
            for image in coco['images']:
                name = Path(image['file_name']).with_suffix('').as_posix()
                found[image['id']] = (name, image['width'], image['height'], [])
            for item in coco['annotations']:
                found[item['image_id']][3].append(
                    (item['category_id'], item['bbox'], item['area'])
                )
        return found

    sample, whole = by_image(sample), by_image(whole)
    assert len(sample) == 20
    assert sample == {image_id: whole[image_id] for image_id in sample}
