import pytest

from mmdet_sodgan.apps.doctor.inspect_dataset import inspect_dataset
from mmdet_sodgan.datasets.image_checks import resize_scales
from mmdet_sodgan.datasets.problem import KINDS


def annotation(number, box, **kwargs):
    area = box[2] * box[3]
    return dict(
        id=number, image_id=1, category_id=7, bbox=box, area=area, iscrowd=0, **kwargs
    )


def inspect(root, **kwargs):
    return inspect_dataset(root / 'ann.json', root / 'img', **kwargs)


def test_sound_data_set_has_no_problems(write_coco):
    report = inspect(write_coco(), classes=('bolt', 'nut'))
    assert report.sentences == {} and not report.refused
    assert (report.num_images, report.num_empty, report.num_crowds) == (2, 1, 0)
    assert report.num_objects['[8, 16)'] == sum(report.num_objects.values()) == 1
    assert 'can be trained on' in report.to_text()


def test_all_problems_are_reported_at_once(write_coco):
    root = write_coco(
        annotations=[
            annotation(1, [0, 0, -4, 4]),
            annotation(1, [0, 0, 0, 4]),
            dict(annotation(3, [0, 0, 4, 4]), image_id=9),
            dict(id=4),
        ]
    )
    (root / 'img' / 'a.png').unlink()
    (root / 'img' / 'b.png').write_bytes(b'')
    report = inspect(root, classes=('nut', 'bolt'))
    assert {kind: len(texts) for kind, texts in report.sentences.items()} == {
        'negative box': 1,
        'empty box': 1,
        'duplicate id': 1,
        'unknown reference': 1,
        'missing key': 1,
        'other classes': 1,
        'missing image': 1,
        'unreadable image': 1,
    }
    (sentence,) = report.sentences['unreadable image']
    assert 'b.png' in sentence and 'the file is empty' in sentence


def test_objects_are_counted_as_training_sees_them(write_coco):
    boxes = [[0, 0, 3, 3], [0, 0, 8, 8], [2, 2, 20, 20], [0, 0, 0, 9], [50, 0, 9, 9]]
    annotations = [annotation(i, box) for i, box in enumerate(boxes, start=1)]
    annotations.append(annotation(6, [0, 0, 3, 3], ignore=1))
    annotations.append(dict(annotation(7, [0, 0, 3, 3]), iscrowd=1))
    report = inspect(write_coco(annotations=annotations), size_buckets=[0, 8, 16, 32])
    assert list(report.num_objects.values()) == [1, 1, 1]
    assert report.num_crowds == 1


def test_images_that_the_filter_leaves_out_are_counted(write_coco):
    text = inspect(
        write_coco(), filter_cfg=dict(filter_empty_gt=True, min_size=31)
    ).to_text()
    assert (
        '0 images are used in training: filter_cfg leaves out 1 without objects '
        '(filter_empty_gt) and 1 below min_size'
    ) in text
    assert 'filter_cfg' not in inspect(write_coco()).to_text()
    other = inspect(
        write_coco(), classes=('nut',), filter_cfg=dict(filter_empty_gt=True)
    )
    assert other.num_filtered == [2, 0]


@pytest.mark.parametrize(
    ('resize', 'refused'),
    [
        (dict(type='Resize', scale=(64, 64), keep_ratio=True), True),
        (dict(type='Resize', scale=64, keep_ratio=True), True),
        (dict(type='Resize', scale=(64, 64), keep_ratio=False), False),
        (dict(type='Resize', scale_factor=2, keep_ratio=True), False),
        (dict(type='Resize', scale=(1333, 800), keep_ratio=True), False),
        (
            dict(
                type='RandomChoiceResize',
                scales=[(1333, 800), (64, 64)],
                keep_ratio=True,
            ),
            True,
        ),
    ],
)
def test_images_of_extreme_shape_are_named(write_coco, resize, refused):
    images = [dict(id=1, file_name='long.png', width=2000, height=2)]
    root = write_coco(images=images, annotations=[])
    report = inspect_dataset(root / 'ann.json', scales=resize_scales([resize]))
    sentence = (
        "Image 'long.png' has 2000 x 2 pixels, of which Resize would leave a side of "
        '0: cut it into pieces or remove its entry.'
    )
    assert report.sentences == ({'extreme shape': [sentence]} if refused else {})


def test_ranges_that_no_object_fits_are_said(write_coco):
    root = write_coco()
    remarks = inspect(root, size_buckets=[16, 32]).remarks
    key = 'val_evaluator.size_buckets'
    seen = f'those of {root / "ann.json"} are 8.94 to 8.94 px'
    assert remarks == [
        f'No object is in 1 of the 1 ranges of {key}, [16, 32) px, whose figures are '
        f'-1: {seen}.',
        f'1 of 1 objects are in none of the ranges of {key} and count in no figure by '
        f'size: {seen}, so widen the ranges (0 to 100000 holds all).',
    ]


def test_long_lists_are_cut_in_the_text_alone(write_coco):
    annotations = [annotation(i, [0, 0, 0, 4]) for i in range(1, 11)]
    report = inspect(write_coco(annotations=annotations))
    assert len(report.sentences['empty box']) == 10
    text = report.to_text()
    assert 'empty box: 10 (left out in training)' in text and '... and 7 more' in text
    assert text.count('with the bbox') == 3


@pytest.mark.parametrize('name', ['none.json', 'img'])
def test_annotation_file_that_cannot_be_opened_is_reported(write_coco, name):
    root = write_coco()
    report = inspect_dataset(root / name)
    assert report.refused and 'cannot be read' in report.sentences['not JSON'][0]


def test_images_are_left_alone_without_a_folder(write_coco):
    root = write_coco()
    (root / 'img' / 'a.png').unlink()
    report = inspect_dataset(root / 'ann.json')
    assert not report.refused and 'give --img-dir' in report.to_text()


def test_file_outside_of_the_folder_is_not_opened(write_coco, tmp_path, monkeypatch):
    images = [dict(id=1, file_name='../secret.png', width=40, height=30)]
    root = write_coco(images=images, annotations=[])
    monkeypatch.setattr('PIL.Image.open', None)
    assert list(inspect(root).sentences) == ['file name']


def test_link_to_the_folder_itself_is_no_link_out_of_it(write_coco, tmp_path):
    root = write_coco()
    (root / 'img').rename(root / 'elsewhere')
    (root / 'img').symlink_to(root / 'elsewhere')
    assert inspect(root).sentences == {}


def test_linked_images_are_one_line_with_their_number(write_coco):
    root = write_coco()
    (root / 'img').rename(root / 'elsewhere')
    (root / 'img').mkdir()
    for path in (root / 'elsewhere').iterdir():
        (root / 'img' / path.name).symlink_to(path)
    assert inspect(root).sentences == {
        'link out of the folder': [
            f"Image folder '{root / 'img'}' has 2 images that are links out of it; the "
            f"first, '{root / 'img' / 'a.png'}' is a link to "
            f"'{root / 'elsewhere' / 'a.png'}': it is followed, see that you trust it."
        ]
    }


def many(boxes, **kwargs):
    return [annotation(i, [*box], **kwargs) for i, box in enumerate(boxes, start=1)]


@pytest.mark.parametrize(
    ('boxes', 'sentence'),
    [
        (
            [(0.1, 0.2, 0.05, 0.05)] * 3,
            'has 3 of 3 boxes with all values between 0 and 1: multiply them by width '
            'and height of the image, a bbox is in pixels.',
        ),
        (
            [(3 * i, 5 + i, 3 * i + 4, 12 + i) for i in range(12)],
            'has 5 of 12 boxes that leave their image, against 0 if they are read as '
            '[x1, y1, x2, y2]: write them as [x, y, width, height], with width = x2 - '
            'x1.',
        ),
        (
            [(30, 3, 36, 9)] * 30 + [(4, 4, 4, 9)],
            'has 30 of 31 boxes that leave their image, against 1 if they are read as '
            '[x1, y1, x2, y2]: write them as [x, y, width, height], with width = x2 - '
            'x1.',
        ),
        (
            [(2, 30 - i, 5, 10) for i in range(12)],
            'has 8 of 12 boxes that leave their image, against 0 if width and height '
            'of the images are swapped: swap width and height in the entries of '
            'images.',
        ),
        (
            [(3 * i, 25, 3, 9) for i in range(12)],
            'has 12 of 12 boxes that leave their image, against 0 if their width and '
            'height are swapped: write them as [x, y, width, height], width before '
            'height.',
        ),
        (
            [(400, 2, 5, 5)] * 7 + [(2, 2, 5, 5)] * 5,
            'has 7 of 12 boxes that are empty or outside of their image: correct bbox, '
            'or width and height of the images.',
        ),
    ],
)
def test_boxes_that_are_wrong_as_a_whole_are_refused(write_coco, boxes, sentence):
    root = write_coco(annotations=many(boxes))
    report = inspect_dataset(root / 'ann.json')
    told = [text for texts in report.sentences.values() for text in texts]
    assert (
        report.refused and f"Annotation file '{root / 'ann.json'}' {sentence}" in told
    )


def test_area_and_segmentation_tell_corners_and_swapped_sides(write_coco):
    # All of them are in the image either way.
    corners = [x | dict(area=28) for x in many([(0, 10, 4, 17)] * 12)]
    root = write_coco(annotations=corners)
    assert list(inspect(root).sentences.values()) == [
        [
            f"Annotation file '{root / 'ann.json'}' has 12 of 12 boxes whose "
            'area is theirs if they are read as [x1, y1, x2, y2]: write them as [x, y, '
            'width, height], with width = x2 - x1.'
        ]
    ]
    outline = [[4, 5, 8, 5, 8, 17, 4, 17]]
    boxes = many([(4, 5, 12, 4)] * 9 + [(4, 5, 4, 12)] * 3, segmentation=outline)
    (told,) = inspect(write_coco(annotations=boxes)).sentences['swapped sides']
    assert 'has 9 of 12 boxes that fit their segmentation if their width' in told
    boxes = many([(4, 5, 12, 4)] * 6 + [(4, 5, 4, 12)] * 6, segmentation=outline)
    assert inspect(write_coco(annotations=boxes)).sentences == {}


def test_area_is_explained_by_a_segmentation_alone(write_coco):
    boxes = many([(2 * i, 2, 9, 8) for i in range(12)])
    wrong = [each | dict(area=9) for each in boxes]
    outlined = [each | dict(segmentation=[[2, 2, 5, 2, 2, 5]]) for each in wrong]
    assert inspect(write_coco(annotations=outlined)).sentences == {}
    report = inspect(write_coco(annotations=wrong))
    assert list(report.sentences) == ['other area'] and not report.refused
    assert '12 of 12 annotations' in report.sentences['other area'][0]
    impossible = [each | dict(area=900) for each in outlined]
    assert 'other area' in inspect(write_coco(annotations=impossible)).sentences


def test_few_boxes_are_not_judged_as_a_whole(write_coco):
    root = write_coco(annotations=many([(400, 2, 5, 5)] * 9))
    assert list(inspect(root).sentences) == ['box outside']


def test_one_range_of_sizes_and_crowded_images_are_said(write_coco):
    root = write_coco(annotations=many([(i, 2, 9, 9) for i in range(12)]))
    assert inspect(root, max_per_img=11).remarks == [
        'All 12 objects are in one range of sizes, [8, 16) px: figures by size tell '
        'nothing more, so divide it, and see that area is right.',
        f'1 images of {root / "ann.json"} have more objects, up to 12, than the 11 '
        'that max_per_img keeps, so that some cannot be found: raise it to 12 or more.',
    ]


def test_category_that_only_groups_others_is_named(write_coco):
    categories = [
        dict(id=0, name='parts', supercategory='none'),
        dict(id=7, name='bolt', supercategory='parts'),
        dict(id=3, name='nut', supercategory='parts'),
    ]
    boxes = many([(2, 2, 9, 9)])
    root = write_coco(categories=categories, annotations=boxes)
    report = inspect(root, classes=('bolt', 'nut'))
    assert report.remarks == [
        "No box is of the categories ['parts'], which only group others: set "
        "metainfo.classes to ('bolt', 'nut')."
    ]
    assert list(report.sentences) == ['other categories'] and not report.refused
    boxes[0]['category_id'] = 0
    # One of its own name groups no other.
    categories[1]['supercategory'] = 'bolt'
    assert inspect(write_coco(categories=categories, annotations=boxes)).remarks == []


def test_backslashes_are_named_as_the_cause_of_a_missing_image(write_coco):
    images = [dict(id=1, file_name='x\\a.png', width=40, height=30)]
    (sentence,) = inspect(write_coco(images=images)).sentences['missing image']
    assert sentence.endswith(
        'cannot be read (no such file): its file_name has backslashes, write / in '
        'their place.'
    )


def test_documentation_lists_each_kind_with_its_outcome(request):
    text = (request.config.rootpath / 'docs/use_it/data.md').read_text()
    rows = [line.split(' | ') for line in text.splitlines() if line.startswith('| `')]
    documented = {row[0].strip('| `'): row[1] for row in rows}
    assert documented == {kind: value.outcome for kind, value in KINDS.items()}
