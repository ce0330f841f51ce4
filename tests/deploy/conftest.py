"""Small detectors with spread scores, and their files."""

import copy
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from mmdet.registry import MODELS
from mmengine.config import Config
from mmengine.registry import DefaultScope

from mmdet_sodgan.datasets.synthetic.renderer import render_image
from mmdet_sodgan.deploy.export_onnx import export_onnx
from mmdet_sodgan.deploy.native_model import load_native

CONFIGS = Path(__file__).parents[2] / 'configs'
DETECTORS = dict(
    plain='baselines/faster-rcnn_r18_fpn_small_synthetic.py',
    sodgan='sodgan/sodgan-faster-rcnn_r18_fpn_small_synthetic.py',
    r50='sodgan/sodgan-faster-rcnn_r18_fpn_small_synthetic.py',
    image='sodgan/sodgan-image-faster-rcnn_r18_fpn_small_deeppcb-160.py',
    distilled='baselines/distilled-faster-rcnn_r18_fpn_small_deeppcb-160.py',
    roi='sodgan/sodgan-roi-faster-rcnn_r18_fpn_small_deeppcb-160.py',
    mtgan='sod_mtgan/sod-mtgan_faster-rcnn_r18_fpn_small_deeppcb-160.py',
)
EXTRA = dict(
    r50={
        'model.backbone.depth': 50,
        'model.neck.in_channels': [256, 512, 1024, 2048],
    },
    # With a discriminator, and fewer channels than the pyramid has, as every config of
    # the zoo.
    sodgan={
        'model.composite_loss.adv': dict(loss_weight=1e-3),
        'model.generator.mid_channels': 8,
        'model.generator.norm_cfg': dict(_delete_=True, type='BN'),
    },
)
# Of an untrained detector; with its own, all scores are about equal, so that
# rounding would choose among them.
SPREAD = ('rpn_cls', 'rpn_reg', 'fc_cls', 'fc_reg')


@pytest.fixture(scope='session')
def write_detector(tmp_path_factory, narrow_for) -> Callable[..., tuple[str, str]]:
    """Writes config and checkpoint of a narrow detector, by its name."""

    def write(name: str, options: dict | None = None) -> tuple[str, str]:
        folder = tmp_path_factory.mktemp(name)
        cfg = Config.fromfile(CONFIGS / DETECTORS[name])
        present = narrow_for(cfg)
        cfg.merge_from_dict(present | EXTRA.get(name, {}) | (options or {}))
        cfg.dump(folder / 'config.py')
        torch.manual_seed(0)
        with DefaultScope.overwrite_default_scope('mmdet'), torch.no_grad():
            model = MODELS.build(copy.deepcopy(cfg.model))
            model.init_weights()
            for key, value in model.named_parameters():
                if value.dim() > 1 and any(part in key for part in SPREAD):
                    value.mul_(10)
        optimizer = torch.optim.Adam(model.parameters())
        sum(p.sum() for p in model.parameters()).backward()
        weights = copy.deepcopy(model.state_dict())
        optimizer.step()
        checkpoint = dict(
            state_dict=weights,
            ema_state_dict=model.state_dict(),
            optimizer=optimizer.state_dict(),
            meta=dict(
                cfg=cfg.pretty_text,
                dataset_meta=dict(classes=tuple('abcdef')),
                epoch=1,
                experiment_name='private',
            ),
        )
        torch.save(checkpoint, folder / 'epoch_1.pth')
        return str(folder / 'config.py'), str(folder / 'epoch_1.pth')

    return write


@pytest.fixture(scope='session')
def images() -> list[np.ndarray]:
    """Two BGR images of 112 x 96 px with objects."""
    rng = np.random.default_rng(0)
    return [render_image(rng, (112, 96), 6, (6, 40), (6, 10))[0] for _ in range(2)]


@pytest.fixture(scope='session')
def exported(
    write_detector, images, tmp_path_factory
) -> Iterator[Callable[[str], tuple]]:
    """Exports a detector, by its name, once; gives the model and the file."""
    done = {}

    def export(name: str) -> tuple:
        if name not in done:
            model = load_native(*write_detector(name))
            path = tmp_path_factory.mktemp('onnx') / f'{name}.onnx'
            export_onnx(model, path, images[:1])
            done[name] = model, path
        return done[name]

    return export
