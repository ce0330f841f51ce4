import re

import pytest

from mmdet_sodgan.datasets import StrictCOCO, strict_coco


def test_category_ids_follow_the_file(write_coco):
    coco = StrictCOCO(str(write_coco() / 'ann.json'))
    assert coco.get_cat_ids(cat_names=('bolt', 'nut')) == [7, 3]
    assert coco.get_cat_ids() == [7, 3]
    assert coco.get_ann_ids(img_ids=[1], cat_ids=[7]) == [1]


@pytest.mark.parametrize(
    ('classes', 'problem'),
    [
        (('bolt', 'nut', 'pin'), "lacks the classes ['pin']"),
        (('nut', 'bolt'), 'lists its categories in another order'),
        (('person',), "['bolt', 'nut'] that are not in classes and lacks"),
    ],
)
def test_classes_that_differ_from_the_file_are_refused(write_coco, classes, problem):
    coco = StrictCOCO(str(write_coco() / 'ann.json'))
    with pytest.raises(ValueError, match=re.escape(problem)) as caught:
        coco.get_cat_ids(cat_names=classes)
    assert "metainfo.classes to ('bolt', 'nut')" in str(caught.value)
    assert 'ann.json' in str(caught.value)


@pytest.mark.parametrize(
    ('name', 'number', 'left_out'), [('bolt', 7, 0), ('nut', 3, 1)]
)
def test_some_of_the_classes_are_trained_and_the_boxes_of_others_counted(
    write_coco, monkeypatch, name, number, left_out
):
    said = []
    monkeypatch.setattr(strict_coco, 'print_log', lambda text, **_: said.append(text))
    path = write_coco() / 'ann.json'
    assert StrictCOCO(str(path)).get_cat_ids(cat_names=(name,)) == [number]
    sentence = (
        f"1 of 1 boxes of '{path}' are left out: their categories ['bolt'] are not in "
        'classes.'
    )
    assert said == [sentence] * left_out


ANNOTATION = dict(id=5, image_id=1, category_id=7, bbox=[0, 0, 2, 2], area=4)


@pytest.mark.parametrize(
    ('changes', 'problem'),
    [
        (dict(images=[]), 'lists no images'),
        (dict(categories=[]), 'lists no categories'),
        (
            dict(categories=[dict(id=7, name='bolt'), dict(id=3, name='bolt')]),
            "several categories named 'bolt'",
        ),
        (
            dict(images=[dict(id=1, file_name='a.png')]),
            "entry of images without ['width', 'height']",
        ),
        (
            dict(
                annotations=[dict(id=5, image_id=1, category_id=7, bbox=[0, 0, 2, 2])]
            ),
            "entry of annotations without ['area']",
        ),
        (
            dict(annotations=[dict(ANNOTATION, image_id=9)]),
            'annotation (id 5) with the unknown image_id 9',
        ),
        (
            dict(annotations=[dict(ANNOTATION, category_id=9)]),
            'annotation (id 5) with the unknown category_id 9',
        ),
    ],
)
def test_file_that_contradicts_itself_is_refused(write_coco, changes, problem):
    path = write_coco(**changes) / 'ann.json'
    with pytest.raises(ValueError, match=re.escape(problem)) as caught:
        StrictCOCO(str(path))
    assert str(path) in str(caught.value)


@pytest.mark.parametrize(
    'name', ['../a.png', '/etc/a.png', 'x/../../a.png', '..\\a.png', '..']
)
def test_file_name_outside_of_the_image_folder_is_refused(write_coco, name):
    path = write_coco(images=[dict(id=1, file_name=name, width=40, height=30)])
    with pytest.raises(ValueError, match='outside of the image folder') as caught:
        StrictCOCO(str(path / 'ann.json'))
    assert repr(name) in str(caught.value)


@pytest.mark.parametrize('name', ['a.png', 'x/y/a.png', 'x/../a.png', '..a.png'])
def test_file_name_inside_of_the_image_folder_is_accepted(write_coco, name):
    path = write_coco(images=[dict(id=1, file_name=name, width=40, height=30)])
    assert StrictCOCO(str(path / 'ann.json')).get_img_ids() == [1]


@pytest.mark.parametrize('content', ['{"images": [', '[{"bbox": [0, 0, 1, 1]}]'])
def test_file_that_is_no_json_object_is_refused_by_name(tmp_path, content):
    path = tmp_path / 'ann.json'
    path.write_text(content)
    with pytest.raises(ValueError, match='is not a JSON object') as caught:
        StrictCOCO(str(path))
    assert str(path) in str(caught.value)
