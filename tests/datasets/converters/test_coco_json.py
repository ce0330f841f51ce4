import pytest

from mmdet_sodgan.datasets.converters.coco_json import build_coco


def test_images_are_numbered_as_asked_or_from_one():
    images = [(name, (8, 6), [dict(label=0, bbox=[1, 2, 3, 4])]) for name in 'ab']
    for ids, expected in ((None, [1, 2]), (range(2), [0, 1]), ({7: 0, 5: 0}, [7, 5])):
        coco = build_coco(images, ['open'], ids)
        assert [image['id'] for image in coco['images']] == expected
        found = [(item['id'], item['image_id']) for item in coco['annotations']]
        assert found == list(enumerate(expected, 1))
    with pytest.raises(ValueError, match='shorter'):
        build_coco(images, ['open'], range(3))
