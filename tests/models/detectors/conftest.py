"""Fixtures of the detectors whose generator makes images."""

import copy
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from mmdet.registry import MODELS
from mmengine.config import Config

CONFIGS = Path(__file__).parents[3] / 'configs'


@pytest.fixture(scope='session')
def image_cfg_file() -> Config:
    """The config as it stands in the repository; to be copied, not changed."""
    name = 'sodgan/sodgan-image-faster-rcnn_r18_fpn_small_deeppcb-160.py'
    return Config.fromfile(str(CONFIGS / name))


@pytest.fixture
def image_cfg(image_cfg_file, narrow) -> Callable[..., Config]:
    """Factory of a fresh config of a small ImageSODGAN; takes dotted keys."""

    def make(options: dict | None = None) -> Config:
        cfg = copy.deepcopy(image_cfg_file)
        cfg.merge_from_dict(narrow | (options or {}))
        return cfg

    return make


@pytest.fixture
def build_image(image_cfg) -> Callable[..., torch.nn.Module]:
    """Factory of an initialised small ImageSODGAN in training mode."""

    def make(options: dict | None = None) -> torch.nn.Module:
        torch.manual_seed(0)
        model = MODELS.build(image_cfg(options).model)
        model.init_weights()
        return model.train()

    return make
