import numpy as np
import pytest

from mmdet_sodgan.apps.project.statistics import measure


def test_objects_and_images_are_measured(make_coco):
    found = measure(make_coco(['a.png', 'b.png', 'c.png']))
    assert found.classes == ('nut', 'bolt')
    assert found.num_images == 3 and found.num_objects == 12
    assert found.median_size == (64, 48) and found.one_size
    assert found.max_objects == 4
    assert found.box_images.tolist() == [0] * 4 + [1] * 4 + [2] * 4
    assert np.median(found.box_sides) == pytest.approx(10)
    assert found.absent == () and not found.has_masks


def test_long_side_of_an_upright_image_is_its_height(make_coco):
    assert measure(make_coco(['a.png'], size=(48, 64))).median_size == (64, 48)


def test_crowds_and_what_training_leaves_out_are_no_objects(make_coco):
    coco = make_coco(['a.png'])
    coco['annotations'][0]['iscrowd'] = 1
    coco['annotations'][1]['bbox'] = [5, 5, 0, 9]
    coco['annotations'][2]['bbox'] = [900, 5, 9, 9]
    assert measure(coco).num_objects == 1


def test_size_is_by_the_box_and_bucket_by_the_area(make_coco):
    coco = make_coco(['a.png'], sides=(10,))
    coco['annotations'][0]['area'] = 49
    found = measure(coco)
    assert found.box_sides.tolist() == [10] and found.sides.tolist() == [7]


def test_class_without_objects_is_told(make_coco):
    coco = make_coco(['a.png'])
    coco['categories'].append(dict(id=9, name='washer'))
    assert measure(coco).absent == ('washer',)


def test_images_without_objects_are_told_as_such(make_coco):
    text = measure(make_coco(['a.png'], sides=())).to_text()
    assert text == '1 images of 64 x 48 px without objects'
