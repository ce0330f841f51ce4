from pathlib import Path

import pytest
import torch
from mmdet.registry import DATASETS, METRICS, MODELS
from mmengine.config import Config
from mmengine.registry import DefaultScope

from mmdet_sodgan.apis.checks import allow_parts, check_agreement
from mmdet_sodgan.apis.runner import build_runner
from mmdet_sodgan.datasets.class_names import find_class_names
from mmdet_sodgan.utils.errors import AgreementError

CONFIGS = Path(__file__).parents[3] / 'configs'
TWO = dict(classes=('a', 'b'))
DATASET = 'dataloader.dataset'


def refused(check, options):
    with pytest.raises(AgreementError) as caught:
        check(options)
    return str(caught.value)


def test_what_agrees_is_not_warned_about(check):
    # The few objects of the three images are not of all sizes.
    assert all('size_buckets' in sentence for sentence in check())


@pytest.mark.parametrize('stage', ['train', 'val', 'test'])
@pytest.mark.parametrize(
    'names, number', [('abcdefgh', 8), ('ab', 2)], ids=['more', 'fewer']
)
def test_other_number_of_classes_than_the_head_is_refused(check, stage, names, number):
    key = f'{stage}_{DATASET}.metainfo'
    sentence = refused(check, {key: dict(classes=tuple(names))})
    assert sentence.startswith('model.discriminator.num_classes is 6 and ') or (
        sentence.startswith('model.roi_head.bbox_head.num_classes is 6 and ')
    )
    assert f'{stage}_{DATASET} has {number} classes (a, b' in sentence
    assert f': set num_classes to {number}' in sentence


@pytest.mark.parametrize(
    'name, place',
    [
        ('mask-rcnn_r50_fpn_1x_coco', 'roi_head.mask_head.num_classes'),
        ('retinanet_r50_fpn_1x_coco', 'bbox_head.num_classes'),
        ('panoptic-fpn_r50_fpn_1x_coco', 'semantic_head.num_things_classes'),
        ('ssd300_coco', 'bbox_head.num_classes'),
    ],
)
def test_heads_of_every_kind_are_compared(name, place):
    cfg = Config.fromfile(str(CONFIGS / f'baselines/{name}.py'))
    things = tuple(f'c{i}' for i in range(2))
    names = dict(classes=things)
    if 'panoptic' in name:
        names |= dict(thing_classes=things, stuff_classes=())
    cfg.train_dataloader.dataset = dict(type='CocoDataset', metainfo=names)
    # The head that is looked at first is right.
    if 'roi_head' in cfg.model:
        cfg.model.roi_head.bbox_head.num_classes = 2
        if 'mask_head' not in place:
            cfg.model.roi_head.mask_head.num_classes = 2
    with pytest.raises(AgreementError, match=f'^model.{place} is 80 and '):
        check_agreement(cfg, MODELS.build(cfg.model), ['train'])


def test_each_stage_of_a_cascade_is_compared():
    dataset = dict(type='CocoDataset', metainfo=TWO)
    cfg = Config(dict(train_dataloader=dict(dataset=dataset)))
    model = torch.nn.Module()
    model.roi_head = torch.nn.Module()
    heads = [torch.nn.Identity() for _ in range(3)]
    for head, number in zip(heads, (2, 2, 80), strict=True):
        head.num_classes = number
    model.roi_head.bbox_head = torch.nn.ModuleList(heads)
    with pytest.raises(AgreementError, match='^model.roi_head.bbox_head.2.num_classes'):
        check_agreement(cfg, model, ['train'])


def test_evaluator_of_another_split_is_refused_with_the_number_of_images(
    check, changed, synthetic
):
    def renumber(coco):
        for image in coco['images'][1:]:
            image['file_name'] = 'other_' + image['file_name']

    file = changed(renumber)
    own = f'{synthetic}/annotations/val.json'
    assert refused(check, {'test_evaluator.ann_file': file}) == (
        f"test_evaluator.ann_file '{file}' lists other images than "
        'test_dataloader.dataset, by id and file name: 1 of the 3 images of the file '
        'would be evaluated, and 2 of the data set are not in it: set '
        f"test_evaluator.ann_file to that of test_dataloader.dataset, '{own}'."
    )


def test_evaluator_of_a_split_that_is_numbered_alike_is_refused(check, synthetic):
    file = f'{synthetic}/annotations/train.json'
    sentence = refused(check, {'test_evaluator.ann_file': file})
    assert (
        'the same ids and file names as test_dataloader.dataset, but none' in sentence
    )


def as_text(coco):
    for each in coco['annotations']:
        each['bbox'] = [str(number) for number in each['bbox']]


def with_digits(coco):
    for each in coco['annotations']:
        each['bbox'] = [number + 0.001 for number in map(float, each['bbox'])]


@pytest.mark.parametrize('change', [lambda coco: None, as_text, with_digits])
def test_copy_of_the_annotation_file_is_taken(check, changed, change):
    check({'val_evaluator.ann_file': changed(change)})


@pytest.mark.parametrize('link', [False, True])
def test_images_that_are_trained_on_and_tested_are_counted(
    check, synthetic, tmp_path, link
):
    root, key = str(synthetic), f'train_{DATASET}'
    if link:
        root = str(tmp_path / 'link')
        (tmp_path / 'link').symlink_to(synthetic)
    options = {
        f'{key}.data_root': '',
        f'{key}.ann_file': f'{root}/annotations/val.json',
        f'{key}.data_prefix.img': f'{root}/val',
    }
    shared = [each for each in check(options) if 'trained on' in each]
    assert [each.partition(', the first')[0] for each in shared] == [
        f'3 of the 3 images of {stage}_{DATASET} are trained on as well'
        for stage in ('val', 'test')
    ]
    assert f'{synthetic}/val/' in shared[0]


def test_parts_of_one_file_are_trained_on_and_tested(check, synthetic):
    options = {
        f'{stage}_{DATASET}.{key}': value
        for stage, indices in (('train', [0, 1]), ('val', [2]), ('test', -2))
        for key, value in (
            ('ann_file', f'{synthetic}/annotations/val.json'),
            ('data_prefix.img', f'{synthetic}/val'),
            ('indices', indices),
            ('filter_cfg', None),
        )
    }
    (shared,) = (each for each in check(options) if 'trained on' in each)
    assert shared.startswith(f'1 of the 2 images of test_{DATASET} are trained on')


def test_part_on_purpose_is_said(check):
    warnings = check({f'val_{DATASET}.indices': 2})
    assert warnings[0].startswith(
        'val_dataloader.dataset takes a part of its images (indices) and '
        'val_evaluator counts all 3 of '
    )


def test_metric_takes_a_part_where_the_data_set_has_one(agreeing):
    cfg = agreeing({f'val_{DATASET}.indices': 2})
    allow_parts(cfg)
    assert METRICS.build(cfg.val_evaluator).partial
    assert not METRICS.build(cfg.test_evaluator).partial


def test_evaluator_without_a_class_or_in_another_order_is_refused(check, changed):
    def rename(coco):
        coco['categories'][0]['name'] = 'x'

    key = 'val_evaluator.ann_file'
    assert 'has no category for the classes' in refused(check, {key: changed(rename)})
    file = changed(lambda coco: coco['categories'].reverse())
    assert 'in another order than the classes of' in refused(check, {key: file})


def wrapped(inner, kind, metainfo):
    dataset = dict(inner, metainfo=metainfo)
    if kind == 'ConcatDataset':
        return dict(type=kind, datasets=[inner, dataset])
    return dict(type=kind, dataset=dataset)


@pytest.mark.parametrize(
    'kind',
    ['ConcatDataset', 'RepeatDataset', 'ClassBalancedDataset', 'MultiImageMixDataset'],
)
def test_data_sets_in_a_wrapper_are_compared(agreeing, model, kind):
    cfg = agreeing()
    inner = cfg.train_dataloader.dataset
    cfg.train_dataloader.dataset = wrapped(inner, kind, None)
    assert check_agreement(cfg, model, ['train']) == []
    cfg.train_dataloader.dataset = wrapped(inner, kind, TWO)
    text = 'have different classes' if kind == 'ConcatDataset' else 'has 2 classes'
    with pytest.raises(AgreementError, match=f'train_dataloader.dataset.* {text}'):
        check_agreement(cfg, model, ['train'])


@pytest.mark.parametrize('kind', ['CocoDataset', 'SmallObjectCocoDataset'])
def test_images_that_mmdets_filter_leaves_out_are_counted(
    agreeing, model, changed, kind
):
    def empty(coco):
        # One image is too small, one has objects of another class alone.
        coco['images'][0]['width'] = 20
        coco['categories'].append(dict(id=99, name='other'))
        for each in coco['annotations']:
            if each['image_id'] == coco['images'][1]['id']:
                each['category_id'] = 99

    cfg = agreeing()
    dataset = cfg.train_dataloader.dataset
    file = changed(empty)
    dataset.update(
        metainfo=dict(classes=find_class_names(dataset)),
        type=kind,
        ann_file=file,
        filter_cfg=dict(filter_empty_gt=True, min_size=32),
        pipeline=[],
    )
    dataset = dict(type='RepeatDataset', times=2, dataset=dataset)
    cfg.train_dataloader.dataset = dataset
    sentence = (
        f"1 of 3 images of '{file}' are used in training: filter_cfg leaves out 1 "
        'without objects (filter_empty_gt) and 1 below min_size.'
    )
    # That of this project tells it when it is built.
    found = [sentence] if kind == 'CocoDataset' else []
    assert check_agreement(cfg, model, ['train']) == found
    with DefaultScope.overwrite_default_scope('mmdet'):
        assert len(DATASETS.build(dataset)) == 2


@pytest.mark.parametrize('kind', ['RepeatDataset', 'ClassBalancedDataset'])
def test_wrapper_that_repeats_images_is_refused_in_a_test(agreeing, model, kind):
    cfg = agreeing()
    inner = cfg.test_dataloader.dataset
    options = dict(times=2) if kind == 'RepeatDataset' else dict(oversample_thr=0.1)
    repeats = dict(type=kind, dataset=inner, **options)
    for outer in (repeats, dict(type='ConcatDataset', datasets=[repeats])):
        cfg.test_dataloader.dataset = outer
        with pytest.raises(AgreementError, match=f'^test_dataloader.* a {kind}, which'):
            check_agreement(cfg, model, ['test'])
    check_agreement(cfg, model, ['train', 'val'])
    cfg.test_dataloader.dataset = dict(type='RepeatDataset', times=1, dataset=inner)
    check_agreement(cfg, model, ['test'])


def test_image_that_is_listed_twice_is_refused_in_a_test(agreeing, model, changed):
    def again(coco):
        coco['images'].append(dict(coco['images'][1], id=99))

    cfg = agreeing()
    inner = cfg.val_dataloader.dataset
    text = '^val_dataloader.dataset lists {} images more than once, the first is /'
    cfg.val_dataloader.dataset = dict(type='ConcatDataset', datasets=[inner, inner])
    with pytest.raises(AgreementError, match=text.format(3)):
        check_agreement(cfg, model, ['val'])
    file = changed(again)
    cfg.val_dataloader.dataset = dict(inner, ann_file=file)
    cfg.val_evaluator.ann_file = file
    with pytest.raises(AgreementError, match=text.format(1)):
        check_agreement(cfg, model, ['val'])


def test_images_of_concatenated_data_sets_are_compared_together(
    agreeing, model, changed
):
    def rename(coco):
        for image in coco['images']:
            image['file_name'] = 'other_' + image['file_name']

    cfg = agreeing()
    inner = cfg.val_dataloader.dataset
    both = [inner, dict(inner, ann_file=changed(rename))]
    cfg.val_dataloader.dataset = dict(type='ConcatDataset', datasets=both)
    with pytest.raises(AgreementError, match='and 3 of the data set are not in it'):
        check_agreement(cfg, model, ['val'])
    # An evaluator without a file takes the objects of the data sets.
    cfg.val_evaluator.ann_file = None
    check_agreement(cfg, model, ['val'])


def test_test_set_without_annotations_is_taken(agreeing, model, changed):
    file = changed(lambda coco: coco.pop('annotations'))
    key = f'test_{DATASET}'
    cfg = agreeing({f'{key}.ann_file': file, 'test_evaluator.ann_file': file})
    assert check_agreement(cfg, model, ['test']) == []


def test_more_objects_than_detections_are_said(check, synthetic):
    limit = {'model.test_cfg.rcnn.max_per_img': 1, 'test_evaluator.size_max_dets': 1}
    warnings = check(limit)
    file = synthetic / 'annotations/val.json'
    assert any(
        s.startswith(f'3 images of {file} have more objects, up to ')
        and 'than the 1 that model.test_cfg.rcnn.max_per_img keeps' in s
        for s in warnings
    )
    assert any(
        'of a class, up to ' in s and 'size_max_dets keeps' in s for s in warnings
    )


def test_ranges_of_size_that_the_objects_do_not_fit_are_said(check):
    warnings = check({'val_evaluator.size_buckets': [500, 600]})
    key = 'val_evaluator.size_buckets'
    assert any(
        s.startswith(f'No object is in 1 of the 1 ranges of {key}, [500, 600) px')
        for s in warnings
    )
    assert any(f'objects are in none of the ranges of {key}' in s for s in warnings)


@pytest.mark.parametrize('name', ['val', 'test'])
@pytest.mark.parametrize('build', [check_agreement, lambda cfg, _: build_runner(cfg)])
def test_missing_evaluator_is_named_with_the_remedy(agreeing, model, name, build):
    cfg = agreeing()
    cfg[f'{name}_evaluator'] = None
    with pytest.raises(AgreementError) as caught:
        build(cfg, model)
    assert str(caught.value) == (
        f'{name}_evaluator is missing beside {name}_dataloader: set it, or set '
        f'{name}_dataloader and {name}_cfg to None as well.'
    )
