import importlib
from pathlib import Path

import pytest
from mmengine.config import Config

ROOT = Path(__file__).resolve().parents[3]
BASELINES = ROOT / 'configs' / 'baselines'
ROWS = {
    'lr': 'faster-rcnn_r18_fpn_small_deeppcb-160.py',
    'oracle': 'faster-rcnn_r18_fpn_small_hr_deeppcb-160.py',
    'upscaled': 'faster-rcnn_r18_fpn_small_upscaled_deeppcb-160.py',
}


@pytest.fixture
def benchmark_tool():
    """Imports a module of tools/benchmark by its name."""
    return lambda name: importlib.import_module(f'tools.benchmark.{name}')


@pytest.fixture(scope='session')
def baseline_cfgs():
    return {name: Config.fromfile(BASELINES / path) for name, path in ROWS.items()}


@pytest.fixture
def narrow(tmp_path, sodgan_cfg, baseline_cfgs):
    """Configs of narrow detectors, flat files, by name of the system."""
    sodgan = sodgan_cfg()
    sodgan.dump(tmp_path / 'sodgan.py')
    host = {
        key: sodgan.model[part][name]
        for part, name, key in (
            ('neck', 'out_channels', 'model.neck.out_channels'),
            ('rpn_head', 'in_channels', 'model.rpn_head.in_channels'),
            ('rpn_head', 'feat_channels', 'model.rpn_head.feat_channels'),
            ('test_cfg', 'rpn', 'model.test_cfg.rpn'),
        )
    }
    width, head = 'model.roi_head.bbox_head', sodgan.model.roi_head.bbox_head
    host['model.roi_head.bbox_roi_extractor.out_channels'] = head.in_channels
    host[f'{width}.in_channels'] = head.in_channels
    host[f'{width}.fc_out_channels'] = head.fc_out_channels
    for name, cfg in baseline_cfgs.items():
        cfg.merge_from_dict(host)
        cfg.dump(tmp_path / f'{name}.py')
    return {name: str(tmp_path / f'{name}.py') for name in (*ROWS, 'sodgan')}


@pytest.fixture
def setting(benchmark_tool):
    return benchmark_tool('systems').Setting('cpu', threads=1, seed=0)


@pytest.fixture
def system(benchmark_tool, narrow):
    """Factory of a narrow system."""

    def make(name):
        return benchmark_tool('systems').System(name, narrow[name], {}, None)

    return make
