import pytest

from mmdet_sodgan.datasets.converters.coco_json import build_coco
from mmdet_sodgan.datasets.converters.subsets import Subsets, with_subsets


@pytest.fixture
def splits():
    """Four images for training and two for testing, of two boxes each."""

    def split(ids):
        boxes = [dict(label=0, bbox=[1, 2, 3, 4])] * 2
        return build_coco([(f'{i}.jpg', (8, 8), boxes) for i in ids], ['open'], ids)

    return dict(trainval=split(range(4)), test=split(range(4, 6)))


def test_subset_keeps_ids_and_is_nested_and_seeded(splits):
    def subset(number, seed=0):
        files = with_subsets(splits, Subsets(number, seed=seed))
        assert list(files) == ['trainval.json', 'test.json', f'trainval_{number}.json']
        assert list(files.values())[:2] == list(splits.values())
        return files[f'trainval_{number}.json']

    two, three = subset(2), subset(3)
    assert (len(two['images']), len(three['images'])) == (2, 3)
    for small, large in ((two, three), (three, splits['trainval'])):
        assert all(image in large['images'] for image in small['images'])
        ids = {image['id'] for image in small['images']}
        expected = [a for a in large['annotations'] if a['image_id'] in ids]
        assert small['annotations'] == expected
    assert subset(3) == three
    picks = {tuple(i['id'] for i in subset(2, seed)['images']) for seed in range(8)}
    assert len(picks) > 1


def test_images_for_the_design_are_in_neither_subset_nor_test(splits):
    found = with_subsets(splits, Subsets(2, 1, 1))
    ids = {k[:-5]: {image['id'] for image in v['images']} for k, v in found.items()}
    assert len(ids['test_1']) == 1 and ids['test_1'] < ids['test']
    assert len(ids['design_1']) == 1 and ids['design_1'] < ids['trainval']
    assert not ids['design_1'] & (ids['trainval_2'] | ids['test'])


@pytest.mark.parametrize(
    'subsets',
    [
        Subsets(num_train=5),
        Subsets(num_test=0),
        Subsets(num_train=3, num_design=2),
    ],
)
def test_subset_of_impossible_size_is_refused(splits, subsets):
    with pytest.raises(ValueError, match='choose 1 to [124]'):
        with_subsets(splits, subsets)
