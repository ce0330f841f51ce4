import copy
import json

import pytest
from mmdet.registry import MODELS

from mmdet_sodgan.apis.checks import check_agreement
from mmdet_sodgan.datasets.synthetic import generate


@pytest.fixture(scope='session')
def synthetic(tmp_path_factory):
    """Data set with three images of each split, of six classes."""
    folder = tmp_path_factory.mktemp('synthetic')
    generate(folder, num_train=3, num_val=3, image_size=(64, 64))
    return folder


@pytest.fixture(scope='session')
def model(small_cfg, narrow_options):
    """Built once, as its weights do not matter."""
    cfg = copy.deepcopy(small_cfg)
    cfg.merge_from_dict(narrow_options)
    return MODELS.build(cfg.model)


@pytest.fixture
def agreeing(sodgan_cfg, synthetic):
    """Factory of a config on the data set, with options laid over it."""

    def make(options=None):
        root = f'{synthetic}/'
        file = f'{root}annotations/val.json'
        data = {
            f'{stage}_dataloader.dataset.data_root': root
            for stage in ('train', 'val', 'test')
        }
        data |= {f'{stage}_evaluator.ann_file': file for stage in ('val', 'test')}
        return sodgan_cfg(data | (options or {}))

    return make


@pytest.fixture
def check(agreeing, model):
    """Checks the config with options laid over it, and returns the warnings."""
    return lambda options=None: check_agreement(agreeing(options), model)


@pytest.fixture
def changed(synthetic, tmp_path):
    """Writes the validation file with a change, and returns its path."""

    def write(change):
        coco = json.loads((synthetic / 'annotations/val.json').read_text())
        change(coco)
        (tmp_path / 'changed.json').write_text(json.dumps(coco))
        return str(tmp_path / 'changed.json')

    return write
