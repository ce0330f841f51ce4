"""Fixtures of the whole suite: a SODGAN small enough for unit tests.

The environment is set before torch is imported, and the processes that a test
starts inherit it: the suite runs with as many processes as there are cores, so
each has one thread, which gives its core away while it waits.
"""

import os
import sys
from pathlib import Path

os.environ.setdefault('OMP_WAIT_POLICY', 'PASSIVE')
os.environ.setdefault('OMP_NUM_THREADS', '1')
sys.path.insert(0, str(Path(__file__).with_name('stubs')))
os.environ['PYTHONPATH'] = os.pathsep.join(
    filter(None, (sys.path[0], os.environ.get('PYTHONPATH')))
)

import copy
import functools
import gc
import json
import random
import shutil
import struct
import subprocess
import zlib
from collections import OrderedDict
from collections.abc import Callable, Iterator
from unittest import mock

import cv2
import numpy as np
import pytest
import torch
from mmdet.registry import MODELS
from mmdet.testing import demo_mm_inputs
from mmdet.visualization import DetLocalVisualizer
from mmengine.config import Config
from mmengine.config import utils as config_utils
from mmengine.logging import MMLogger
from mmengine.registry import DefaultScope
from mmengine.runner import CheckpointLoader

import mmdet_sodgan.registration  # noqa: F401, as a config does
from mmdet_sodgan.datasets.synthetic import PATTERNS
from mmdet_sodgan.utils.safe_globals import allow_mmengine_checkpoints

# As they are before any command has made them safe.
LOADERS = CheckpointLoader._schemes
SMALL = (
    Path(__file__).parents[1]
    / 'configs/sodgan/sodgan-faster-rcnn_r18_fpn_small_synthetic.py'
)
# Narrower than the config, as unit tests learn nothing from width.
NARROW = {
    'model.neck.out_channels': 16,
    'model.rpn_head.in_channels': 16,
    'model.rpn_head.feat_channels': 16,
    'model.roi_head.bbox_roi_extractor.out_channels': 16,
    'model.roi_head.bbox_head.in_channels': 16,
    'model.roi_head.bbox_head.fc_out_channels': 32,
    'model.generator.mid_channels': 16,
    'model.generator.num_blocks': 1,
    # The terms through D, which the configs leave out.
    'model.composite_loss.adv': dict(loss_weight=1e-3),
    'model.composite_loss.cls': dict(loss_weight=1e-2),
    'model.composite_loss.reg': dict(loss_weight=1e-2),
    'model.discriminator.conv_channels': 16,
    'model.discriminator.fc_channels': 16,
    'model.train_cfg.rpn_proposal.nms_pre': 100,
    'model.train_cfg.rpn_proposal.max_per_img': 50,
    'model.train_cfg.rcnn.sampler.num': 32,
    'model.test_cfg.rpn.nms_pre': 100,
    'model.test_cfg.rpn.max_per_img': 50,
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that have slow tests, so that none is left to one
    process at the end.
    """
    slow = {item.path for item in items if item.get_closest_marker('slow')}
    items.sort(key=lambda item: item.path not in slow)


@pytest.fixture(autouse=True)
def environment() -> Iterator[None]:
    """Takes back what a command changes in its process.

    These are variables of the environment and MMEngine's loaders of checkpoints, with
    which every test begins.
    """
    loaders = mock.patch.object(CheckpointLoader, '_schemes', LOADERS.copy())
    # The OneDL fork takes them off torch's list whenever it loads a file.
    allow_mmengine_checkpoints()
    with mock.patch.dict(os.environ), loaders:
        yield


@pytest.fixture(autouse=True)
def own_loggers() -> Iterator[None]:
    """Start every test without mmengine's loggers of another, whose log files a web
    server closes when it sets up its own.
    """
    with mock.patch.object(MMLogger, '_instance_dict', OrderedDict()):
        yield


@pytest.fixture(scope='module', autouse=True)
def loggers_of_the_file() -> Iterator[None]:
    """Keep those that the fixtures of another file have made from this file's.

    Visualizers likewise: one by the same name goes on in the other's folder.
    """
    with (
        mock.patch.object(MMLogger, '_instance_dict', OrderedDict()),
        mock.patch.object(DetLocalVisualizer, '_instance_dict', OrderedDict()),
    ):
        yield


@pytest.fixture(autouse=True)
def mmdet_scope() -> Iterator[None]:
    """Resolve types as a run with mmdet's default_runtime does."""
    with DefaultScope.overwrite_default_scope('mmdet'):
        yield


@pytest.fixture(scope='session', autouse=True)
def single_thread() -> None:
    """Tensors here are too small for threads, whose waiting costs several times
    the work where the machine has other jobs.
    """
    torch.set_num_threads(1)


@pytest.fixture(scope='session', autouse=True)
def frozen_imports() -> None:
    """Spare what has been imported the collection of garbage, which mmengine
    asks for with every data set.
    """
    gc.freeze()


@pytest.fixture(scope='session', autouse=True)
def index_read_once() -> Iterator[None]:
    """Keep what mmengine reads for each config that has a base in mmdet: the
    hundred YAML files of mmdet's index, half a second each time.
    """
    with mock.patch.object(config_utils, 'load', functools.cache(config_utils.load)):
        yield


@pytest.fixture(autouse=True)
def seeded() -> None:
    """Start every test from the same random numbers."""
    random.seed(0)
    np.random.seed(0)
    torch.manual_seed(0)


@pytest.fixture(scope='session')
def small_cfg() -> Config:
    """The config as it stands in the repository; to be copied, not changed."""
    return Config.fromfile(str(SMALL))


@pytest.fixture(scope='session')
def narrow_options() -> dict:
    """Options that make a small config as narrow as unit tests need it."""
    return NARROW


@pytest.fixture(scope='session')
def narrow_for() -> Callable[[Config], dict]:
    """Those of these options whose key a config has."""
    return lambda cfg: {k: v for k, v in NARROW.items() if _has(cfg, k)}


def _has(cfg: Config, key: str) -> bool:
    for name in key.split('.'):
        if name not in cfg:
            return False
        cfg = cfg[name]
    return True


@pytest.fixture(scope='session')
def as_published() -> dict:
    """Options that switch on the terms through D, which most configs leave out."""
    path = SMALL.parents[1] / '_base_/models/as_published.py'
    return dict(model=Config.fromfile(str(path)).as_published)


@pytest.fixture
def sodgan_cfg(small_cfg: Config) -> Callable[..., Config]:
    """Factory of a fresh config of a small SODGAN.

    Takes dotted keys and their values, as ``--cfg-options`` does; they are
    applied after the narrowing.
    """

    def make(options: dict | None = None) -> Config:
        # mmengine takes a second to look up the bases of other packages.
        cfg = copy.deepcopy(small_cfg)
        cfg.merge_from_dict(NARROW)
        cfg.merge_from_dict(options or {})
        return cfg

    return make


@pytest.fixture
def build_sodgan(sodgan_cfg) -> Callable[..., torch.nn.Module]:
    """Factory of an initialised small SODGAN in training mode."""

    def make(options: dict | None = None) -> torch.nn.Module:
        torch.manual_seed(0)
        model = MODELS.build(sodgan_cfg(options).model)
        model.init_weights()
        return model.train()

    return make


@pytest.fixture(scope='session')
def detector(tmp_path_factory, small_cfg) -> tuple[Path, Path]:
    """Config and checkpoint of a narrow SODGAN with weights as they are drawn."""
    folder = tmp_path_factory.mktemp('detector')
    cfg = copy.deepcopy(small_cfg)
    cfg.merge_from_dict(NARROW)
    cfg.dump(folder / 'narrow.py')
    torch.manual_seed(0)
    with DefaultScope.overwrite_default_scope('mmdet'):
        model = MODELS.build(cfg.model)
    model.init_weights()
    meta = dict(dataset_meta=dict(classes=tuple(PATTERNS)[:6]))
    weights = dict(state_dict=model.state_dict(), meta=meta)
    torch.save(weights, folder / 'weights.pth')
    return folder / 'narrow.py', folder / 'weights.pth'


@pytest.fixture
def batch() -> Callable[..., dict]:
    """Factory of a batch as a dataloader gives it.

    Takes the height and width of each HR image in pixels, and optionally the
    number of objects of each.
    """

    def make(
        *sizes: tuple[int, int], num_items: list[int] | None = None, **kwargs
    ) -> dict:
        sizes = sizes or ((128, 128), (128, 128))
        return demo_mm_inputs(
            batch_size=len(sizes),
            image_shapes=[(3, *size) for size in sizes],
            num_items=num_items,
            num_classes=6,
            **kwargs,
        )

    return make


@pytest.fixture
def write_coco(tmp_path: Path) -> Callable[..., Path]:
    """Write two 40 x 30 px images and their annotation file, with changes."""

    def write(**changes: object) -> Path:
        (tmp_path / 'img').mkdir(exist_ok=True)
        rng = np.random.default_rng(0)
        for name in ('a.png', 'b.png'):
            pixels = rng.integers(0, 256, (30, 40, 3), dtype=np.uint8)
            assert cv2.imwrite(str(tmp_path / 'img' / name), pixels)
        coco = dict(
            images=[
                dict(id=1, file_name='a.png', width=40, height=30),
                dict(id=2, file_name='b.png', width=40, height=30),
            ],
            annotations=[
                dict(
                    id=1,
                    image_id=1,
                    category_id=7,
                    bbox=[4, 5, 10, 8],
                    area=80,
                    iscrowd=0,
                )
            ],
            categories=[dict(id=7, name='bolt'), dict(id=3, name='nut')],
        )
        coco.update(changes)
        (tmp_path / 'ann.json').write_text(json.dumps(coco))
        return tmp_path

    return write


@pytest.fixture
def bomb(tmp_path: Path) -> Path:
    """A file of some dozen bytes that claims 40,000 x 30,000 pixels."""

    def chunk(name: bytes, body: bytes) -> bytes:
        crc = struct.pack('>I', zlib.crc32(name + body))
        return struct.pack('>I', len(body)) + name + body + crc

    header = struct.pack('>IIBBBBB', 40000, 30000, 8, 2, 0, 0, 0)
    path = tmp_path / 'bomb.png'
    content = b'\x89PNG\r\n\x1a\n' + chunk(b'IHDR', header) + chunk(b'IDAT', b'')
    path.write_bytes(content)
    return path


@pytest.fixture(scope='session')
def ranks() -> Iterator[Callable[..., dict]]:
    """Factory of two processes, or of ``ranks``, that call one function.

    Takes the file that the function is in, its name and the folder to work in;
    fails with what they print unless they end as ``codes`` says. See ``ranks.py``.
    """
    command = [sys.executable, '-W', 'ignore', Path(__file__).with_name('ranks.py')]
    root = str(Path(__file__).parents[1])
    paths = os.pathsep.join(filter(None, [root, os.environ.get('PYTHONPATH')]))
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | dict(PYTHONPATH=paths),
    ) as process:

        def run(script, function, folder, codes=(0, 0), **job):
            job |= dict(ranks=len(codes))
            job |= dict(script=str(script), function=function, folder=str(folder))
            print(json.dumps(job), file=process.stdin, flush=True)
            answer = process.stdout.readline()
            assert answer, 'ranks.py has ended'
            result = json.loads(answer)
            logs = [(folder / f'{rank}.log').read_text() for rank in range(len(codes))]
            assert result['codes'] == list(codes), '\n'.join(x[-4000:] for x in logs)
            return result | dict(logs=logs)

        yield run
        process.stdin.close()


@pytest.fixture(scope='session')
def chromium(tmp_path_factory):
    """Headless Chromium that reaches this machine alone.

    A page that needs the net has errors in its console there.
    """
    webdriver = pytest.importorskip('selenium.webdriver')
    program, driver = shutil.which('chromium'), shutil.which('chromedriver')
    if not program or not driver:
        pytest.skip('needs chromium and chromedriver (Debian: chromium-driver)')
    options = webdriver.ChromeOptions()
    options.binary_location = program
    options.set_capability('goog:loggingPrefs', {'browser': 'ALL'})
    for argument in (
        *('headless', 'no-sandbox', 'disable-gpu', 'disable-quic', 'no-first-run'),
        *('disable-background-networking', 'disable-component-update'),
        *('disable-sync', 'disable-dev-shm-usage', 'window-size=1280,1000'),
        f'user-data-dir={tmp_path_factory.mktemp("chromium")}',
        'host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1',
    ):
        options.add_argument(f'--{argument}')
    # By path: selenium otherwise looks for a driver in the net.
    service = webdriver.ChromeService(driver)
    with webdriver.Chrome(options=options, service=service) as browser:
        yield browser


@pytest.fixture
def browser(chromium):
    """Selenium's driver of a Chromium with an empty page and an empty console.

    ``browser.get_log('browser')`` gives what has come into the console since the
    last call, as dicts with ``level`` and ``message``.
    """
    chromium.get('about:blank')
    chromium.get_log('browser')
    return chromium
