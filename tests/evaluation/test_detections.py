import json

import pytest

from mmdet_sodgan.evaluation.detections import evaluate_detections

BOXES = [[10, 10, 20, 20], [50, 40, 8, 8], [5, 5, 60, 40]]


@pytest.fixture
def files(tmp_path):
    """Writes ground truth, perfect detections and the list of their images.

    Ids of images and categories differ between the two.
    """
    names = ['val/a/x.png', 'val/b/x.png', 'val/c.png']
    truth = dict(
        images=[
            dict(id=10 + n, file_name=name, width=100, height=80)
            for n, name in enumerate(names)
        ],
        categories=[dict(id=7, name='dog'), dict(id=3, name='cat')],
        annotations=[
            dict(id=n + 1, image_id=10 + n, category_id=(7, 3, 7)[n], bbox=box)
            | dict(area=box[2] * box[3], iscrowd=0)
            for n, box in enumerate(BOXES)
        ],
    )
    info = dict(
        images=[
            dict(id=1, file_name='c.png'),
            dict(id=2, file_name='a/x.png'),
            dict(id=3, file_name='b/x.png'),
        ],
        categories=[dict(id=1, name='cat'), dict(id=2, name='dog')],
    )
    detections = [
        dict(image_id=(2, 3, 1)[n], category_id=(2, 1, 2)[n], bbox=box, score=0.9)
        for n, box in enumerate(BOXES)
    ]
    made = dict(truth=truth, detections=detections, info=info)

    def write():
        paths = [tmp_path / f'{name}.json' for name in made]
        for path, content in zip(paths, made.values(), strict=True):
            path.write_text(json.dumps(content))
        return paths

    return made, write


def test_images_are_matched_by_name_and_categories_too(files, tmp_path):
    _, write = files
    scores = evaluate_detections(*write(), out_dir=str(tmp_path / 'out'))
    assert scores['bbox_mAP'] == 1 and scores['bbox_size_small_AP'] == pytest.approx(1)
    assert scores['num_missing'] == scores['num_unknown'] == 0
    report = json.loads((tmp_path / 'out' / 'bbox_size.json').read_text())
    assert [bucket['num_gt'] for bucket in report['buckets']] == [2, 1, 0]


def test_wrong_category_scores_nothing(files):
    made, write = files
    for entry in made['detections']:
        entry['category_id'] = 3 - entry['category_id']
    assert evaluate_detections(*write())['bbox_mAP'] == 0


def test_without_a_list_the_ids_are_those_of_the_ground_truth(files):
    made, write = files
    truth, detections, _ = write()
    with pytest.raises(ValueError, match='has image_id 1, which .*truth.json does not'):
        evaluate_detections(truth, detections)
    for n, entry in enumerate(made['detections']):
        entry.update(image_id=10 + n, category_id=(7, 3, 7)[n])
    truth, detections, _ = write()
    assert evaluate_detections(truth, detections)['bbox_mAP'] == 1


def test_images_that_were_not_predicted_count_as_missed(files):
    made, write = files
    # The list says that they were predicted and nothing was found.
    made['detections'] = made['detections'][:1]
    scores = evaluate_detections(*write())
    assert scores['num_missing'] == 0
    made['info']['images'] = made['info']['images'][1:2]
    fewer = evaluate_detections(*write())
    assert fewer['num_missing'] == 2
    # Recall of dogs is 1 of 2, of cats 0.
    assert fewer['bbox_mAP'] == scores['bbox_mAP'] == pytest.approx(0.25, abs=0.01)


def test_images_that_are_not_in_the_ground_truth_are_counted(files):
    made, write = files
    made['info']['images'].append(dict(id=4, file_name='a/other.png'))
    made['detections'].append(made['detections'][0] | dict(image_id=4))
    scores = evaluate_detections(*write())
    assert scores['num_unknown'] == 1 and scores['bbox_mAP'] == 1


def test_names_that_fit_several_images_are_refused(files):
    made, write = files
    made['info']['images'][1]['file_name'] = 'x.png'
    with pytest.raises(ValueError, match='^x.png of .* more than one image'):
        evaluate_detections(*write())


def test_two_images_for_one_of_the_ground_truth_are_refused(files):
    made, write = files
    made['info']['images'][1]['file_name'] = 'other/c.png'
    made['truth']['images'][2]['file_name'] = 'c.png'
    with pytest.raises(ValueError, match='^other/c.png of .* more than one image'):
        evaluate_detections(*write())


def test_lists_without_a_common_image_are_refused(files):
    made, write = files
    for n, image in enumerate(made['info']['images']):
        image['file_name'] = f'{n}.png'
    with pytest.raises(ValueError, match='No image of .*info.json is in .*truth.json'):
        evaluate_detections(*write())


def test_list_of_something_else_is_refused(files):
    made, write = files
    del made['info']['categories']
    with pytest.raises(ValueError, match='info.json has no categories: give the list'):
        evaluate_detections(*write())


def test_unknown_category_is_refused(files):
    made, write = files
    made['info']['categories'][0]['name'] = 'bird'
    with pytest.raises(ValueError, match='has category_id 1, for which .*truth.json'):
        evaluate_detections(*write())


@pytest.mark.parametrize(
    'content, message',
    [
        ('[{"image_id": 1', 'cannot be read as JSON'),
        ('{}', 'holds no JSON list'),
        (
            '[{"image_id": 1, "bbox": [1, 2, 3, 4]}]',
            r'has {"image_id": 1, "bbox".* as entry 0: give a list',
        ),
        (
            '[{"image_id": 1, "category_id": 1, "score": 1, "bbox": [1, 2, 3, 4, 5]}]',
            'as entry 0: .* bbox of four finite numbers',
        ),
        (
            '[{"image_id": 1, "category_id": 1, "score": NaN, "bbox": [1, 2, 3, 4]}]',
            'as entry 0: ',
        ),
        ('[7]', 'has 7 as entry 0'),
        *(
            (
                f'[{{"image_id": {number}, "category_id": 1, "score": 1, '
                '"bbox": [1, 2, 3, 4]}]',
                'as entry 0: .* which are integers',
            )
            for number in ('"a"', '[1]', '1.5', 'null')
        ),
    ],
)
def test_file_that_holds_no_detections_is_named(files, content, message):
    truth, detections, info = files[1]()
    detections.write_text(content)
    with pytest.raises(ValueError, match=f'detections.json .*{message}'):
        evaluate_detections(truth, detections, info)


@pytest.mark.parametrize('key', ['images', 'categories'])
@pytest.mark.parametrize('number', ['a', [1], None])
def test_id_that_is_no_integer_is_named(files, key, number):
    made, write = files
    made['info'][key][0]['id'] = number
    with pytest.raises(
        ValueError, match=rf'info\.json has .* as {key}\[0\]: give each'
    ):
        evaluate_detections(*write())
