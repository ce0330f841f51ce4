import json

import cv2
import numpy as np
import pytest
from pycocotools.coco import COCO

from mmdet_sodgan.datasets.synthetic import PATTERNS, generate, generator

SMALL = dict(image_size=(64, 48), objects_per_image=(2, 6), size_range=(4, 24))


def contents(folder):
    files = sorted(path for path in folder.rglob('*') if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def test_equal_arguments_give_equal_bytes(tmp_path):
    assert generate(tmp_path / 'a', 3, 2, seed=5, **SMALL)
    same = dict(
        image_size=[np.int64(64), 48],
        objects_per_image=np.array([2, 6]),
        size_range=[4.0, 24.0],
    )
    assert generate(tmp_path / 'b', np.int64(3), 2, seed=5, **same)
    first = contents(tmp_path / 'a')
    assert first == contents(tmp_path / 'b')
    assert len(first) == 3 + 2 + 3


def test_image_does_not_depend_on_the_counts(tmp_path):
    generate(tmp_path / 'a', 2, 1, **SMALL)
    generate(tmp_path / 'b', 4, 3, **SMALL)
    few, many = contents(tmp_path / 'a'), contents(tmp_path / 'b')
    for name in ('train/000000.png', 'train/000001.png', 'val/000000.png'):
        assert few[name] == many[name]
    few, many = (
        json.loads(c['annotations/train.json'])['annotations'] for c in (few, many)
    )
    assert few == [a for a in many if a['image_id'] < 2]


def test_seeds_splits_and_indices_give_different_images(tmp_path):
    generate(tmp_path / 'a', 2, 2, seed=0, **SMALL)
    generate(tmp_path / 'b', 2, 2, seed=1, **SMALL)
    images = [
        content
        for folder in ('a', 'b')
        for name, content in contents(tmp_path / folder).items()
        if name.endswith('.png')
    ]
    assert len(images) == len(set(images)) == 8


def test_pycocotools_reads_the_annotations(tmp_path):
    generate(tmp_path / 'set', 3, 2, num_classes=4, **SMALL)
    for split, count in (('train', 3), ('val', 2)):
        coco = COCO(str(tmp_path / 'set' / 'annotations' / f'{split}.json'))
        assert [c['name'] for c in coco.cats.values()] == list(PATTERNS)[:4]
        assert len(coco.imgs) == count
        assert coco.anns
        for image in coco.imgs.values():
            path = tmp_path / 'set' / split / image['file_name']
            assert cv2.imread(str(path)).shape == (image['height'], image['width'], 3)
            assert (image['width'], image['height']) == (64, 48)
        for annotation in coco.anns.values():
            _, _, width, height = annotation['bbox']
            assert annotation['area'] == pytest.approx(width * height, abs=1e-4)
            assert annotation['category_id'] in coco.cats


def test_second_call_writes_nothing(tmp_path):
    arguments = dict(out_dir=tmp_path / 'set', num_train=2, num_val=1, **SMALL)
    assert generate(**arguments) is True
    stamps = {p: p.stat().st_mtime_ns for p in (tmp_path / 'set').rglob('*')}
    assert generate(**arguments) is False
    assert stamps == {p: p.stat().st_mtime_ns for p in (tmp_path / 'set').rglob('*')}
    assert [p.name for p in tmp_path.iterdir()] == ['set']


def test_empty_folder_is_filled(tmp_path):
    assert generate(tmp_path, 1, 1, **SMALL)
    assert len(list(tmp_path.rglob('*.png'))) == 2


def test_set_of_other_arguments_is_not_overwritten(tmp_path):
    out_dir = tmp_path / 'set'
    generate(out_dir, 2, 1, **SMALL)
    before = contents(out_dir)
    with pytest.raises(FileExistsError, match='with another num_train, seed: choose'):
        generate(out_dir, 3, 1, seed=4, **SMALL)
    assert contents(out_dir) == before


def test_foreign_folder_is_not_overwritten(tmp_path):
    (tmp_path / 'thesis.tex').write_text('years of work')
    with pytest.raises(FileExistsError, match='other than a synthetic set'):
        generate(tmp_path, 1, 1, **SMALL)
    assert contents(tmp_path) == {'thesis.tex': b'years of work'}


def test_file_in_place_of_the_folder_is_refused(tmp_path):
    (tmp_path / 'set').write_text('a file')
    with pytest.raises(FileExistsError, match='other than a synthetic set'):
        generate(tmp_path / 'set', 1, 1, **SMALL)


def test_set_that_lost_an_image_is_not_taken_for_complete(tmp_path):
    generate(tmp_path / 'set', 2, 1, **SMALL)
    (tmp_path / 'set' / 'train' / '000001.png').unlink()
    with pytest.raises(FileExistsError, match='missing or additional.* train split'):
        generate(tmp_path / 'set', 2, 1, **SMALL)


def test_interruption_leaves_nothing_behind(tmp_path, monkeypatch):
    render, calls = generator.render_image, []

    def interrupted(*args):
        calls.append(args)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return render(*args)

    monkeypatch.setattr(generator, 'render_image', interrupted)
    with pytest.raises(KeyboardInterrupt):
        generate(tmp_path / 'set', 5, 1, **SMALL)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ('changes', 'message'),
    [
        (dict(num_train=0), 'num_train must be an integer of at least 1, but got 0'),
        (dict(num_val=1.5), 'num_val must be an integer of at least 1, but got 1.5'),
        (dict(num_val=True), 'num_val must be an integer'),
        (dict(seed=-1), 'seed must be an integer of at least 0, but got -1'),
        (dict(image_size=(16, 64)), 'image_size must be two integers .* got'),
        (dict(image_size=64), 'image_size must be two integers'),
        (dict(image_size=(64.0, 64)), 'image_size must be two integers'),
        (dict(num_classes=9), 'num_classes must be an integer from 1 to 8, but got 9'),
        (dict(num_classes=0), 'num_classes must be'),
        (dict(size_range=(20, 4)), 'size_range must be two rising sides'),
        (dict(size_range=(1, 4)), 'size_range must be two rising sides within 2 px'),
        (dict(size_range=(4, 49)), 'size_range .* the image side 48 px'),
        (dict(objects_per_image=(0, 3)), 'objects_per_image must be two integers'),
        (dict(objects_per_image=(4, 3)), 'objects_per_image must be two integers'),
        (dict(objects_per_image=(1, 2, 3)), 'objects_per_image must be two'),
    ],
)
def test_bad_argument_is_named_before_anything_is_written(tmp_path, changes, message):
    arguments = dict(out_dir=tmp_path / 'set', num_train=1, num_val=1) | SMALL
    with pytest.raises(ValueError, match=message):
        generate(**(arguments | changes))
    assert list(tmp_path.iterdir()) == []
