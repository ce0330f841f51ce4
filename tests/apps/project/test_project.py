"""The three configs agree with each other and with the data, and build."""

import ast
import json
import re
import shutil
from pathlib import Path

import pytest
import torch
from mmdet.registry import DATASETS, HOOKS, METRICS, MODELS, TASK_UTILS
from mmengine.config import Config
from mmengine.runner import Runner

from mmdet_sodgan.apis.runner import set_epochs
from mmdet_sodgan.apps.project.backbones import BACKBONES
from mmdet_sodgan.utils.errors import UserError

#: Number of images.
SPLITS = dict(train=6, val=4)
NAMES = ('teacher', 'baseline', 'sodgan')
#: Options, and the model of SODGAN that they give.
VARIANTS = {
    'small': ({}, 'SODGAN'),
    'small, r = 4': (dict(scale_factor=4), 'SODGAN'),
    'small, r50': (dict(backbone='r50'), 'SODGAN'),
    'small, mobilenet': (dict(backbone='mobilenet-v2'), 'SODGAN'),
    'large': (dict(num_gpus=8), 'SODGAN'),
    'large, r = 4': (dict(num_gpus=1, scale_factor=4), 'SODGAN'),
    'cascade': (
        dict(base='mmdet::cascade_rcnn/cascade-rcnn_r50_fpn_1x_coco.py'),
        'SODGAN',
    ),
    'mask': (
        dict(base='mmdet::mask_rcnn/mask-rcnn_r50_fpn_1x_coco.py'),
        'SODGAN',
    ),
    'retinanet': (
        dict(base='mmdet::retinanet/retinanet_r50_fpn_1x_coco.py'),
        'SingleStageSODGAN',
    ),
}


def shorten(cfg, epochs):
    """What one who edits the config does."""
    cfg.train_cfg.max_epochs = epochs


@pytest.fixture
def few_are_many(monkeypatch):
    monkeypatch.setattr('mmdet_sodgan.apps.project.choose.FEW_IMAGES', 5)


@pytest.fixture
def configs(few_are_many, project, make_split):
    """Factory of a project's three configs, by name."""

    def make(**options):
        if 'mask' in options.get('base', ''):
            splits = (make_split(name, n, masks=True) for name, n in SPLITS.items())
            options['named'] = dict(zip(SPLITS, splits, strict=True))
        folder, _ = project(**options)
        return {name: Config.fromfile(folder / f'{name}.py') for name in NAMES}

    return make


@pytest.mark.parametrize('variant', VARIANTS)
def test_configs_build_and_survive_a_dump(configs, tmp_path, variant):
    options, kind = VARIANTS[variant]
    found = configs(**options)
    assert found['sodgan'].model.type == kind
    for name, cfg in found.items():
        cfg.dump(tmp_path / 'dumped.py')
        dumped = Config.fromfile(tmp_path / 'dumped.py')
        assert dumped.to_dict() == cfg.to_dict()
        # Tests have no network.
        cfg.model.backbone.init_cfg = None
        assert MODELS.build(cfg.model) is not None
        for split in ('train', 'val', 'test'):
            dataset = DATASETS.build(cfg[f'{split}_dataloader'].dataset)
            assert len(dataset) == SPLITS.get(split, 4)
            assert dataset[0]['inputs'].shape == (3, 48, 64)
        assert METRICS.build(cfg.val_evaluator).buckets
        for hook in cfg.custom_hooks:
            assert HOOKS.build(hook) is not None
        assert cfg.work_dir == str(tmp_path / 'project/work_dirs' / name)


@pytest.mark.parametrize('variant', VARIANTS)
def test_values_agree(configs, tmp_path, variant):
    options, _ = VARIANTS[variant]
    found = configs(**options)
    r = options.get('scale_factor', 2)
    for cfg in found.values():
        assert cfg.classes == ('nut', 'bolt')
        assert {2} == set(values_of(cfg.model, 'num_classes')) - {1}
        for split in ('train', 'val'):
            dataset = cfg[f'{split}_dataloader'].dataset
            assert dataset.type == 'SmallObjectCocoDataset'
            assert dataset.metainfo.classes == cfg.classes
            assert Path(dataset.ann_file) == tmp_path / f'{split}.json'
            (resize,) = (s for s in dataset.pipeline if s.type == 'Resize')
            assert tuple(resize.scale) == (64, 48)
        assert cfg.val_evaluator.ann_file == cfg.val_dataloader.dataset.ann_file
        assert cfg.test_evaluator == cfg.val_evaluator
        assert 'bbox_size' in cfg.val_evaluator.metric
        assert cfg.val_evaluator.size_buckets == [0, 8, 10, 14, 21]
        assert cfg.train_cfg.max_epochs == cfg.max_epochs
        assert cfg.train_cfg.type == 'ResumableTrainLoop'
        assert cfg.default_hooks.checkpoint.type == 'AtomicCheckpointHook'
        assert cfg.default_hooks.preemption.type == 'PreemptionHook'
        assert cfg.auto_scale_lr.enable
        assert all('T_max' not in scheduler for scheduler in cfg.param_scheduler)
    teacher, baseline, sodgan = (found[name] for name in NAMES)
    assert 'load_from' not in teacher or teacher.load_from is None
    last = f'work_dirs/teacher/epoch_{teacher.max_epochs}.pth'
    for student in (baseline, sodgan):
        assert student.load_from == str(tmp_path / 'project' / last)
        assert student.teacher == 'teacher.py'
        assert student.max_epochs == teacher.max_epochs // 2
        assert student.model.data_preprocessor.scale_factor == r
    assert not baseline.model.data_preprocessor.with_hr
    assert sodgan.model.data_preprocessor.with_hr
    assert sodgan.model.teacher.frozen


@pytest.mark.parametrize('variant', VARIANTS)
def test_anchors_are_the_teachers_at_the_resolution_of_the_input(configs, variant):
    options, _ = VARIANTS[variant]
    found = configs(**options)
    sizes = {}
    for name, cfg in found.items():
        head = cfg.model.get('rpn_head') or cfg.model.bbox_head
        anchors = TASK_UTILS.build(head.anchor_generator).base_anchors
        sizes[name] = [
            (a[:, 2:] - a[:, :2]) * cfg.get('scale_factor', 1) for a in anchors
        ]
    for teacher, baseline in zip(sizes['teacher'], sizes['baseline'], strict=True):
        assert torch.allclose(baseline, teacher)
    fine, *ordinary = sizes['sodgan']
    assert torch.allclose(2 * fine, ordinary[0])
    # A cell of an ordinary level covers that of a teacher's level in the HR image.
    shift = found['sodgan'].scale_factor // 2
    for level, teacher in zip(ordinary, sizes['teacher'][shift:], strict=False):
        assert torch.allclose(level, teacher)
    # The median object has 10 px; a RetinaNet's finest stride is 8.
    finest = sizes['teacher'][0].prod(dim=1).sqrt().min()
    assert finest.item() == pytest.approx(16 if variant == 'retinanet' else 8)


def test_length_of_the_teacher_is_that_of_the_project(configs, tmp_path):
    configs()
    path = tmp_path / 'project/teacher.py'
    for line, students in (('max_epochs = 9', 4), ('max_epochs = 1', 1)):
        text = re.sub(r'^max_epochs = \d+$', line, path.read_text(), flags=re.M)
        path.write_text(text)
        for name in ('baseline', 'sodgan'):
            cfg = Config.fromfile(path.with_name(f'{name}.py'))
            assert cfg.max_epochs == cfg.train_cfg.max_epochs == students
            assert cfg.load_from.endswith(f'/teacher/epoch_{line[-1]}.pth')
            assert cfg.train_cfg.val_interval == 1


def values_of(cfg, key):
    """All values of a key, however deep."""
    if isinstance(cfg, dict):
        for name, value in cfg.items():
            if name == key:
                yield value
            yield from values_of(value, key)
    elif isinstance(cfg, list):
        for value in cfg:
            yield from values_of(value, key)


@pytest.mark.parametrize('fetched', [True, False])
@pytest.mark.parametrize('gpus', [0, 8])
@pytest.mark.parametrize('name', BACKBONES)
def test_layers_are_frozen_with_weights_alone(configs, fetched, gpus, name):
    cfg = configs(backbone=name, num_gpus=gpus, fetched=fetched)['sodgan']
    init_cfg = cfg.model.backbone.pop('init_cfg', None)
    assert (init_cfg is not None) is fetched
    if fetched:
        assert init_cfg.checkpoint == BACKBONES[name].url
        assert init_cfg.type == 'Pretrained'
    backbone = MODELS.build(cfg.model.backbone)
    # Returns nothing in MMDetection.
    backbone.train()
    norms = [m for m in backbone.modules() if isinstance(m, torch.nn.BatchNorm2d)]
    assert any(m.training for m in norms) is not fetched
    assert all(p.requires_grad for p in backbone.parameters()) is not fetched


def test_objects_above_the_usual_number_are_detected_and_scored(configs, make_split):
    named = dict(train=make_split('train', sides=[6] * 130), val=make_split('val', 4))
    cfg = configs(named=named)['sodgan']
    assert cfg.model.test_cfg.rcnn.max_per_img == 200
    assert cfg.model.test_cfg.rpn.max_per_img == 400
    assert cfg.val_evaluator.size_max_dets == 200
    assert METRICS.build(cfg.val_evaluator).proposal_nums == [1, 100, 200]


@pytest.mark.parametrize('variant', ['small', 'large', 'retinanet'])
@pytest.mark.parametrize('change', [set_epochs, shorten])
def test_schedule_follows_the_training_whatever_its_length(configs, variant, change):
    cfg = configs(epochs=4, **VARIANTS[variant][0])['teacher']
    change(cfg, 20)
    cfg.model.backbone.init_cfg = None
    runner = Runner.from_cfg(cfg)
    runner.train_loop  # noqa: B018, builds it
    runner.optim_wrapper = runner.build_optim_wrapper(runner.optim_wrapper)
    warm_up, cosine = runner.build_param_scheduler(runner.param_schedulers)
    iterations = 20 * len(runner.train_dataloader)
    assert cosine.T_max == iterations
    assert warm_up.end == max(2, iterations // 10)


def test_held_out_images_are_a_split_of_the_project(project, make_split):
    named = make_split('train', 10)
    folder, lines = project(named=dict(train=named))
    assert any('2 of 10 images are held out of train' in line for line in lines)
    cfg = Config.fromfile(folder / 'sodgan.py')
    number = {}
    for split in ('train', 'val'):
        dataset = cfg[f'{split}_dataloader'].dataset
        assert Path(dataset.ann_file) == folder / f'annotations/{split}.json'
        assert dataset.data_prefix.img == str(named[1])
        number[split] = len(json.loads(Path(dataset.ann_file).read_text())['images'])
    assert number == dict(train=8, val=2)


def test_moved_project_finds_its_files(project, make_split, tmp_path):
    folder, _ = project(named=dict(train=make_split('train', 10)))
    shutil.move(folder, tmp_path / 'moved')
    cfg = Config.fromfile(tmp_path / 'moved/sodgan.py')
    assert len(DATASETS.build(cfg.train_dataloader.dataset)) == 8
    assert cfg.load_from.startswith(str(tmp_path / 'moved/work_dirs/teacher'))


@pytest.mark.parametrize('variant', ['small', 'retinanet'])
def test_each_value_has_a_reason_in_a_line_above_it(project, variant):
    folder, _ = project(**VARIANTS[variant][0])
    lines = (folder / 'teacher.py').read_text().splitlines()
    for name in (
        *('max_epochs', 'hr_size', 'anchor_scale', 'max_dets', 'size_buckets'),
        *('batch_size', 'model', *['lr'] * (variant == 'small')),
    ):
        (above,) = (
            lines[i - 1] for i, line in enumerate(lines) if line.startswith(f'{name} =')
        )
        assert above.startswith('# ') and above.endswith('.')
    for name in NAMES:
        text = (folder / f'{name}.py').read_text()
        # Paths are as long as they are.
        lines = [line for line in text.splitlines() if not re.search("'.*/", line)]
        assert max(map(len, lines)) <= 88
        assert ast.parse(text.replace('{{', '').replace('}}', ''))


def test_many_class_names_are_packed_and_keep_their_spaces(project, make_split):
    classes = tuple(f'class number {i}' for i in range(80))
    folder, _ = project(named=dict(train=make_split(classes=classes)))
    assert Config.fromfile(folder / 'sodgan.py').classes == classes
    lines = (folder / 'teacher.py').read_text().splitlines()
    assert max(len(line) for line in lines if '/' not in line) <= 88
    assert sum('class number' in line for line in lines) < 30


def test_odd_class_names_are_kept(project, make_split, tmp_path):
    classes = ("it's", 'a "b"', '\'"', '{a}', '${b}', 'c\\d', 'e\nf', '#g', '{}', 'ü')
    classes += ('a long name with "quotes" ' * 6, '')
    splits = {name: make_split(name, classes=classes) for name in ('train', 'val')}
    folder, _ = project(named=splits)
    cfg = Config.fromfile(folder / 'sodgan.py')
    cfg.dump(tmp_path / 'dumped.py')
    assert cfg.classes == Config.fromfile(tmp_path / 'dumped.py').classes == classes


@pytest.mark.parametrize('name', ['{{ fileDirname }}', '{{_base_.max_epochs}}'])
def test_class_name_that_configs_replace_is_refused(project, make_split, name):
    splits = {s: make_split(s, classes=('nut', name)) for s in ('train', 'val')}
    with pytest.raises(UserError, match=r'^The category .* has \{\{ in its name'):
        project(named=splits)


def test_path_of_images_that_configs_replace_is_refused(project, make_split, tmp_path):
    named = make_split()
    named[1] = named[1].rename(tmp_path / '{{ fileDirname }}')
    with pytest.raises(UserError, match=r'\}\} has \{\{ in its path'):
        project(named=dict(train=named))


def test_existing_folder_is_left_alone(project, tmp_path):
    (tmp_path / 'project').mkdir()
    with pytest.raises(UserError, match='project exists: name a new folder'):
        project()
    assert list((tmp_path / 'project').iterdir()) == []


def test_folder_that_cannot_be_made_is_named(project, tmp_path):
    (tmp_path / 'file').touch()
    with pytest.raises(UserError, match='file/project cannot be made'):
        project('file/project')


def test_weights_of_a_base_are_checked_and_named(project, tmp_path):
    options = BACKBONES['r18'].options
    torch.save(MODELS.build(options).state_dict(), tmp_path / 'r18.pth')
    base = 'mmdet::retinanet/retinanet_r18_fpn_1x_coco.py'
    folder, _ = project(base=base, weights=tmp_path / 'r18.pth')
    init_cfg = Config.fromfile(folder / 'sodgan.py').model.backbone.init_cfg
    assert init_cfg == dict(type='Pretrained', checkpoint=str(tmp_path / 'r18.pth'))
    with pytest.raises(UserError, match='tensors of the backbone ResNet 50'):
        project(
            'other',
            named=dict(train=[tmp_path / 'train.json', tmp_path / 'train']),
            base='mmdet::retinanet/retinanet_r50_fpn_1x_coco.py',
            weights=tmp_path / 'r18.pth',
        )


def test_folder_that_no_config_can_have_is_refused(project):
    with pytest.raises(UserError, match='has the character "\'" in its path'):
        project("it's")


def test_refused_annotations_leave_no_folder(project, make_split, tmp_path):
    named = make_split()
    coco = json.loads(named[0].read_text())
    coco['annotations'][0]['category_id'] = 7
    named[0].write_text(json.dumps(coco))
    with pytest.raises(UserError, match=f'{named[0]} is refused in training'):
        project(named=dict(train=named))
    assert not (tmp_path / 'project').exists()


def test_category_that_only_groups_others_is_no_class(project, make_split):
    named = dict(train=make_split(classes=('nut', 'bolt')), val=make_split('val', 4))
    for path, _ in named.values():
        coco = json.loads(path.read_text())
        coco['categories'] = [
            dict(id=0, name='parts', supercategory='none'),
            dict(id=1, name='nut', supercategory='parts'),
            dict(id=2, name='bolt', supercategory='parts'),
        ]
        path.write_text(json.dumps(coco))
    folder, lines = project(named=named)
    assert 'no class, as it only groups others: parts' in lines
    assert not any('no object of' in line for line in lines)
    cfg = Config.fromfile(folder / 'sodgan.py')
    assert cfg.classes == ('nut', 'bolt')
    assert cfg.model.roi_head.bbox_head.num_classes == 2
    dataset = DATASETS.build(cfg.train_dataloader.dataset)
    labels = [each['bbox_label'] for each in dataset.get_data_info(0)['instances']]
    assert labels == [1, 0, 1, 0]


def test_images_of_train_are_refused_in_val(project, make_split, tmp_path):
    train = make_split()
    (tmp_path / 'link').symlink_to(train[1])
    for named in (train, [train[0], tmp_path / 'link']):
        with pytest.raises(UserError, match=f'^6 of the 6 .* {train[1]}/00.png: '):
            project(named=dict(train=train, val=named))
    assert not (tmp_path / 'project').exists()


def test_image_that_val_lists_twice_is_refused(project, make_split):
    named = dict(train=make_split(), val=make_split('val', 4))
    coco = json.loads(named['val'][0].read_text())
    coco['images'].append(dict(coco['images'][0], id=99))
    named['val'][0].write_text(json.dumps(coco))
    with pytest.raises(UserError, match=r'val\.json lists 1 images more than once'):
        project(named=named)


def test_other_classes_of_val_are_refused(project, make_split):
    named = dict(train=make_split(), val=make_split('val', classes=('bolt', 'nut')))
    with pytest.raises(UserError, match='categories of val, .* are not those of train'):
        project(named=named)


def test_validation_without_objects_is_refused(project, make_split):
    named = dict(train=make_split(), val=make_split('val', sides=()))
    with pytest.raises(UserError, match='no object to validate on'):
        project(named=named)


def test_masks_are_refused_where_there_are_none(project):
    with pytest.raises(UserError, match='learns masks, and objects of train have no'):
        project(base='mmdet::mask_rcnn/mask-rcnn_r50_fpn_1x_coco.py')
