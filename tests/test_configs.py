"""Every config builds, trains a step and predicts; names and layout."""

import ast
import copy
import re
from pathlib import Path

import pytest
import torch
from mmdet.registry import HOOKS, MODELS
from mmengine.config import Config
from mmengine.optim import OptimWrapperDict, build_optim_wrapper

CONFIGS = Path(__file__).parents[1] / 'configs'
FRAGMENTS = sorted(CONFIGS.glob('_base_/**/*.py'))
BENCHMARKS = set(CONFIGS.glob('benchmarks/*.py'))
RUNNABLE = sorted(set(CONFIGS.glob('**/*.py')) - set(FRAGMENTS) - BENCHMARKS)
NAME = re.compile(
    r'(?P<method>((sodgan(-roi)?)-|(perceptual-gan|feature-sr)_)?faster-rcnn)'
    r'_(?P<backbone>r18|r50|r101|x101-32x4d|x50-32x4d|swin-t-p4-w7|regnetx-3\.2GF)'
    r'(?P<caffe>-caffe)?'
    r'_(?P<neck>fpn|c4)'
    r'([-_][a-z0-9-]+)*'
    r'_(?P<dataset>coco|synthetic|synthetic-sizes|deeppcb-160|deeppcb-320)'
)
# Folders of configs with a generator.
GAN = ('sodgan', 'perceptual_gan', 'feature_sr')
DATASETS = dict(
    coco='CocoDataset',
    synthetic='SyntheticSmallObjectDataset',
    deeppcb='DeepPCBDataset',
)


def name(path):
    return str(path.relative_to(CONFIGS))


def own_bases(path):
    """The files of this repository that a config names as its bases."""
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.Assign) and node.targets[0].id == '_base_':
            bases = ast.literal_eval(node.value)
            bases = [bases] if isinstance(bases, str) else bases
            return [path.parent / base for base in bases if '::' not in base]
    return []


def depth(path):
    return 1 + max(map(depth, own_bases(path)), default=0)


def runnable_depth(path):
    if '_base_' in path.parts:
        return 0
    return 1 + max(map(runnable_depth, own_bases(path)), default=0)


def marked(path):
    large = 'r101' in path.stem or 'c4' in path.stem
    return pytest.param(path, marks=pytest.mark.slow if large else ())


def without_pretrained(cfg):
    """Start from random weights, as tests have no network."""
    if isinstance(cfg, dict):
        for key, value in cfg.items():
            if key == 'init_cfg' and value and value.get('type') == 'Pretrained':
                cfg[key] = None
            else:
                without_pretrained(value)
    elif isinstance(cfg, list):
        for value in cfg:
            without_pretrained(value)


@pytest.fixture(scope='module')
def load():
    """Factory of a fresh config with fewer RoIs."""
    cache = {}

    def make(path):
        if path not in cache:
            cache[path] = Config.fromfile(str(path))
        # Config.copy() would share what is nested.
        cfg = copy.deepcopy(cache[path])
        without_pretrained(cfg.model)
        cfg.merge_from_dict(
            {
                'model.train_cfg.rpn_proposal.max_per_img': 50,
                'model.train_cfg.rcnn.sampler.num': 16,
                'model.test_cfg.rpn.max_per_img': 20,
            }
        )
        return cfg

    return make


def test_configs_are_found():
    names = {path.stem for path in RUNNABLE}
    assert 'sodgan-faster-rcnn_r50_fpn_1x_coco' in names and len(FRAGMENTS) > 3


@pytest.mark.parametrize('path', map(marked, RUNNABLE), ids=name)
def test_config_takes_a_training_step_and_predicts(load, batch, path):
    cfg = load(path)
    model = MODELS.build(cfg.model)
    model.init_weights()
    model.train()
    optim_wrapper = build_optim_wrapper(model, cfg.optim_wrapper)
    discriminator = getattr(model, 'discriminator', None)
    if path.parent.name in GAN:
        assert isinstance(optim_wrapper, OptimWrapperDict)
        assert ('discriminator' in optim_wrapper) is (discriminator is not None)
        terms = (cfg.model.composite_loss.get(x) for x in ('adv', 'cls', 'reg'))
        judged = any(term is not None and term.loss_weight > 0 for term in terms)
        assert (discriminator is not None) is judged
        assert not (judged and 'wo-gan' in path.stem)
    before = {k: p.clone() for k, p in model.named_parameters() if p.requires_grad}
    log = model.train_step(batch((128, 128), (128, 96)), optim_wrapper)
    assert all(torch.as_tensor(value).isfinite().all() for value in log.values())
    moved = {
        key.split('.')[0]
        for key, value in model.named_parameters()
        if key in before and not torch.equal(value, before[key])
    }
    assert moved == {key.split('.')[0] for key in before}

    model.eval()
    with torch.no_grad():
        results = model.test_step(batch((128, 128), (128, 96)))
    limit = cfg.model.test_cfg.rcnn.max_per_img
    classes = cfg.model.roi_head.bbox_head.num_classes
    for result in results:
        instances = result.pred_instances
        assert len(instances) <= limit
        assert instances.bboxes.isfinite().all() and instances.scores.isfinite().all()
        assert ((0 <= instances.labels) & (instances.labels < classes)).all()


@pytest.mark.parametrize('path', RUNNABLE, ids=name)
def test_hooks_of_the_config_build(load, path):
    hooks = [HOOKS.build(cfg) for cfg in load(path).get('custom_hooks', [])]
    kinds = {type(hook).__name__ for hook in hooks}
    assert ('AlternatingOptimHook' in kinds) is (path.parent.name in GAN)
    assert 'ReseedHook' in kinds


@pytest.mark.parametrize('path', RUNNABLE, ids=name)
def test_name_says_what_the_config_holds(load, path):
    match = NAME.fullmatch(path.stem)
    assert match, f'{path.stem} does not follow <method>_<backbone>_<neck>_..._<data>'
    cfg = load(path)
    has_generator = cfg.model.type in ('SODGAN', 'RoISODGAN')
    assert has_generator is (match['method'] != 'faster-rcnn')
    assert has_generator is (path.parent.name in GAN)
    backbone = cfg.model.backbone
    kinds = dict(r='ResNet', x='ResNeXt', swin='SwinTransformer', regnetx='RegNet')
    family = re.match(r'regnetx|swin|r|x', match['backbone']).group()
    assert backbone.type == kinds[family]
    if family in ('r', 'x'):
        assert backbone.depth == int(re.search(r'\d+', match['backbone']).group())
        assert (backbone.get('style') == 'caffe') is bool(match['caffe'])
    neck = cfg.model.get('neck')
    assert (neck.type if neck else None) == dict(fpn='FPN', c4=None)[match['neck']]
    kind = cfg.train_dataloader.dataset.type
    assert kind == DATASETS[match['dataset'].split('-')[0]]
    if match['dataset'].startswith('deeppcb'):
        side = cfg.hr_side // cfg.model.data_preprocessor.get('scale_factor', 2)
        assert side == int(match['dataset'].split('-')[1])


@pytest.mark.parametrize(
    'term', ['adv', 'cls', 'reg', 'mse', 'tv', 'gan'], ids=lambda term: f'wo-{term}'
)
def test_ablation_lacks_its_term_only(load, term):
    full = load(CONFIGS / 'sodgan/sodgan-faster-rcnn_r50_fpn_1x_coco.py')
    cfg = load(CONFIGS / f'sodgan/sodgan-faster-rcnn_r50_fpn_wo-{term}_1x_coco.py')
    terms = {k for k, v in full.model.composite_loss.items() if v}
    left = {k for k, v in cfg.model.composite_loss.items() if v}
    assert terms == {'adv', 'cls', 'reg', 'mse', 'tv', 'align'}
    assert left == (set() if term == 'gan' else terms - {term})
    # The control has no use for the HR image.
    assert cfg.model.data_preprocessor.with_hr is (term != 'gan')
    cfg.model.data_preprocessor.with_hr = True
    cfg.model.composite_loss = full.model.composite_loss
    assert cfg.to_dict() == full.to_dict()


def test_r4_has_the_anchors_of_r2_on_a_finer_grid(load):
    paths = ('small_deeppcb-160', 'small_r4_deeppcb-160')
    r2, r4 = (
        MODELS.build(
            load(CONFIGS / f'sodgan/sodgan-faster-rcnn_r18_fpn_{path}.py').model
        )
        for path in paths
    )
    assert (r2.data_preprocessor.scale_factor, r4.data_preprocessor.scale_factor) == (
        2,
        4,
    )
    assert (r2.generator.out_stride, r4.generator.out_stride) == (2, 1)
    anchors = [model.rpn_head.prior_generator.base_anchors for model in (r2, r4)]
    torch.testing.assert_close(*anchors, rtol=0, atol=0)
    sides = [anchor[1, 2] - anchor[1, 0] for anchor in anchors[1]]
    assert [side.item() for side in sides] == [8, 16, 32, 64, 128, 256]
    # The ordinary levels keep their RoIs.
    rois = torch.tensor([[0.0, 0, 0, side, side] for side in range(4, 150)])
    levels = [m.roi_head.bbox_roi_extractor.map_roi_levels(rois, 5) for m in (r2, r4)]
    assert torch.equal(*levels) and set(levels[0].tolist()) == {0, 1, 2}


@pytest.mark.parametrize('path', FRAGMENTS, ids=name)
def test_fragment_loads(path):
    assert len(Config.fromfile(str(path))) > 0


@pytest.mark.parametrize('path', RUNNABLE + FRAGMENTS, ids=name)
def test_bases_are_few_levels_deep(path):
    assert all(base.is_file() for base in own_bases(path))
    assert runnable_depth(path) <= 3
    if '_base_' in path.parts:
        assert depth(path) <= 2
