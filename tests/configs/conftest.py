"""Every config of the repository, to be tested one by one."""

import copy
from pathlib import Path

import pytest
from mmengine.config import Config

CONFIGS = Path(__file__).parents[2] / 'configs'
FRAGMENTS = sorted(CONFIGS.glob('_base_/**/*.py'))
BENCHMARKS = set(CONFIGS.glob('benchmarks/*.py'))
RUNNABLE = sorted(set(CONFIGS.glob('**/*.py')) - set(FRAGMENTS) - BENCHMARKS)


def name(path):
    return str(path.relative_to(CONFIGS))


@pytest.fixture(params=RUNNABLE, ids=name)
def runnable(request):
    """Path of a config that can be trained."""
    return request.param


@pytest.fixture(params=FRAGMENTS, ids=name)
def fragment(request):
    """Path of a part that configs are put together from."""
    return request.param


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


#: Of these the channels are fixed by their type, or by that of the head behind them.
FIXED_BACKBONES = ('CSPNeXt', 'EfficientNet', 'MobileNetV2', 'RegNet', 'SSDVGG')
#: Divisor of all channels.
NARROWER = 8


def make_narrow(model):
    """Divide all channels that the config names, and those of ResNet's stages.

    What does not fit together before does not afterwards.
    """
    if 'shared_head' in (model.get('roi_head') or {}):
        return  # mmdet's ResLayer, the last stage of ResNet, has one width
    neck = model.get('neck')
    if model.type == 'DINO' or isinstance(neck, dict) and neck.type == 'SSDNeck':
        return  # so have mmdet's boxes of DINO; an SSDNeck repeats the backbone's
    if model.backbone.type in ('SSDVGG', 'VGGMaps'):
        if 'roi_head' in model:
            model.roi_head.bbox_head.fc_out_channels //= NARROWER
        return
    fixed = model.backbone.type in FIXED_BACKBONES
    kept = model.neck.in_channels if fixed else None
    divide(model)
    if fixed:
        model.neck.in_channels = kept
    if model.backbone.type in ('ResNet', 'ResNeXt', 'CaffePoolResNet'):
        model.backbone.base_channels = 64 // NARROWER
    if model.backbone.type == 'HourglassNet':
        model.backbone.feat_channel = 256 // NARROWER


def divide(cfg):
    for key, value in cfg.items():
        if isinstance(value, dict):
            divide(value)
        elif isinstance(value, list) and value and isinstance(value[0], dict):
            for item in value:
                divide(item)
        elif 'channel' in key or key in ('embed_dims', 'num_deconv_filters'):
            cfg[key] = divided(value)
        elif key == 'num_groups':
            cfg[key] = max(value // NARROWER, 1)


def divided(value):
    if isinstance(value, list | tuple):
        return [divided(item) for item in value]
    # None, an image's three and an embedding's one stay.
    return value if value is None or value % NARROWER else value // NARROWER


def with_few_rois(model):
    """Few queries, or proposals and samples, in every stage of a cascade."""
    if 'num_queries' in model:
        model.num_queries = model.test_cfg.max_per_img = 10
    if 'roi_head' not in model:
        return
    model.train_cfg.rpn_proposal.max_per_img = 50
    stages = model.train_cfg.rcnn
    for stage in stages if isinstance(stages, list) else [stages]:
        stage.sampler.num = 8
    model.test_cfg.rpn.max_per_img = 10


@pytest.fixture(scope='session')
def load():
    """Factory of a fresh config, from its path in ``configs/``; smaller by options,
    not by other parts, and on demand narrower.
    """
    cache = {}

    def make(path, narrow=False):
        path = CONFIGS / path
        if path not in cache:
            cache[path] = Config.fromfile(str(path))
        # Config.copy() would share what is nested.
        cfg = copy.deepcopy(cache[path])
        without_pretrained(cfg.model)
        with_few_rois(cfg.model)
        if narrow:
            make_narrow(cfg.model)
        # Of a fixed size, which is large.
        cfg.model.data_preprocessor.pop('batch_augments', None)
        return cfg

    return make
