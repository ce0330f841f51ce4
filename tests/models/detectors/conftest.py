"""Fixtures of the detectors whose generator makes images."""

import copy
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from mmdet.registry import MODELS
from mmengine.config import Config

CONFIGS = Path(__file__).parents[3] / 'configs'
SMALL = 'faster-rcnn_r18_fpn_small_deeppcb-160.py'


@pytest.fixture(scope='session')
def config_files() -> dict[str, Config]:
    """Configs as they stand in the repository; to be copied, not changed."""
    return {
        name: Config.fromfile(str(CONFIGS / path))
        for name, path in dict(
            image=f'sodgan/sodgan-image-{SMALL}',
            mtgan=f'sod_mtgan/sod-mtgan_{SMALL}',
            roi=f'sodgan/sodgan-roi-{SMALL}',
            plain=f'baselines/{SMALL}',
        ).items()
    }


@pytest.fixture
def image_cfg(config_files, narrow_options) -> Callable[..., Config]:
    """Factory of a fresh config of a small ImageSODGAN; takes dotted keys."""
    return _factory(config_files['image'], narrow_options)


@pytest.fixture
def mtgan_cfg(config_files, narrow_options) -> Callable[..., Config]:
    """Factory of a fresh config of a small SODMTGAN; takes dotted keys."""
    return _factory(config_files['mtgan'], narrow_options)


@pytest.fixture
def build_image(image_cfg) -> Callable[..., torch.nn.Module]:
    """Factory of an initialised small ImageSODGAN in training mode."""
    return lambda options=None: _build(image_cfg(options))


@pytest.fixture
def build_mtgan(mtgan_cfg) -> Callable[..., torch.nn.Module]:
    """Factory of an initialised small SODMTGAN in training mode."""
    return lambda options=None: _build(mtgan_cfg(options))


@pytest.fixture
def build_roi(config_files, narrow_options) -> Callable[..., torch.nn.Module]:
    """Factory of an initialised small RoISODGAN in training mode."""
    make = _factory(config_files['roi'], narrow_options)
    return lambda options=None: _build(make(options))


@pytest.fixture
def build_plain(config_files, narrow_for) -> Callable[..., torch.nn.Module]:
    """Factory of the initialised small detector without a GAN, in training mode."""
    plain = config_files['plain']
    make = _factory(plain, narrow_for(plain))
    return lambda options=None: _build(make(options))


def _factory(file: Config, narrow_options: dict) -> Callable[..., Config]:
    def make(options: dict | None = None) -> Config:
        cfg = copy.deepcopy(file)
        cfg.merge_from_dict(narrow_options | (options or {}))
        return cfg

    return make


def _build(cfg: Config) -> torch.nn.Module:
    torch.manual_seed(0)
    model = MODELS.build(cfg.model)
    model.init_weights()
    return model.train()
