"""Every config of the repository, to be tested one by one."""

import copy
from pathlib import Path

import pytest
from mmengine.config import Config

CONFIGS = Path(__file__).parents[2] / 'configs'
FRAGMENTS = sorted(CONFIGS.glob('_base_/**/*.py'))
BENCHMARKS = set(CONFIGS.glob('benchmarks/*.py'))
RUNNABLE = sorted(set(CONFIGS.glob('**/*.py')) - set(FRAGMENTS) - BENCHMARKS)
#: In the stem of a config whose model is large.
LARGE = ('r101', 'c4', 'hourglass', 'ssd512')


def marked(path):
    large = any(part in path.stem for part in LARGE)
    return pytest.param(path, marks=pytest.mark.slow if large else ())


def name(path):
    return str(path.relative_to(CONFIGS))


@pytest.fixture(params=RUNNABLE, ids=name)
def runnable(request):
    """Path of a config that can be trained."""
    return request.param


@pytest.fixture(params=map(marked, RUNNABLE), ids=name)
def trainable(request):
    """As ``runnable``; those with a large model are marked as slow."""
    return request.param


@pytest.fixture(params=FRAGMENTS, ids=name)
def fragment(request):
    """Path of a part that configs are put together from."""
    return request.param


@pytest.fixture(params=RUNNABLE + FRAGMENTS, ids=name)
def any_config(request):
    """Path of either."""
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


def with_few_rois(model):
    """Few proposals and samples, in every stage of a cascade."""
    if 'roi_head' not in model:
        return
    model.train_cfg.rpn_proposal.max_per_img = 50
    stages = model.train_cfg.rcnn
    for stage in stages if isinstance(stages, list) else [stages]:
        stage.sampler.num = 16
    model.test_cfg.rpn.max_per_img = 20


@pytest.fixture(scope='session')
def load():
    """Factory of a fresh config, from its path in ``configs/``; smaller by options,
    not by other parts.
    """
    cache = {}

    def make(path):
        path = CONFIGS / path
        if path not in cache:
            cache[path] = Config.fromfile(str(path))
        # Config.copy() would share what is nested.
        cfg = copy.deepcopy(cache[path])
        without_pretrained(cfg.model)
        with_few_rois(cfg.model)
        # Of a fixed size, which is large.
        cfg.model.data_preprocessor.pop('batch_augments', None)
        return cfg

    return make
