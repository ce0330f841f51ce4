import copy
import json
from pathlib import Path

import pytest
from mmengine.config import Config

from tools.benchmark import measure as tool
from tools.benchmark import results, settings
from tools.benchmark.systems import Setting, System

ROOT = Path(__file__).resolve().parents[3]
BASELINES = ROOT / 'configs' / 'baselines'
ROWS = {
    'lr': 'faster-rcnn_r18_fpn_small_deeppcb-160.py',
    'oracle': 'faster-rcnn_r18_fpn_small_hr_deeppcb-160.py',
    'upscaled': 'faster-rcnn_r18_fpn_small_upscaled_deeppcb-160.py',
}
BENCHMARK = 'deeppcb-160_r18'


TINY = """
rows = dict(
    lr=dict(label='LR baseline', config='lr'),
    sodgan=dict(label='SODGAN', config='sodgan', teacher='oracle'),
    upscaled=dict(label='up-scaled input', config='upscaled'),
    control=dict(label='control', config='sodgan', teacher='oracle'),
    oracle=dict(label='HR oracle', config='oracle'),
)
configs = {row: f'{row}.py' for row in rows}
presets = dict(
    cpu=dict(epochs=2, student_epochs=3, cfg_options={'train_dataloader.batch_size': 3})
)
"""
TINY_CONFIG = """
_data = dict(data_root='data', pipeline=[dict(type='Resize', scale=(64, 64))])
train_dataloader = dict(batch_size=1, dataset=dict(ann_file='a/train_9.json', **_data))
val_dataloader = dict(dataset=dict(ann_file='a/test_9.json', **_data))
val_evaluator = dict()
train_cfg = dict()
param_scheduler = [dict()]
default_hooks = dict(checkpoint=dict(), logger=dict())
custom_hooks = []
optim_wrapper = dict(optimizer=dict(type='AdamW', lr=0.1))
model = dict(backbone=dict(depth=18), data_preprocessor=dict(type='{}'))
"""
PREPROCESSORS = dict(
    lr='PairedResolutionPreprocessor',
    sodgan='PairedResolutionPreprocessor',
    upscaled='UpscaledInputPreprocessor',
    oracle='DetDataPreprocessor',
)


@pytest.fixture
def tiny(tmp_path, monkeypatch):
    """A root of its own with a benchmark whose configs are read in no time."""
    for module in (settings, results):
        monkeypatch.setattr(module, 'ROOT', tmp_path)
    settings.load_benchmark.cache_clear()
    folder = tmp_path / 'configs' / 'benchmarks'
    folder.mkdir(parents=True)
    (folder / 'tiny.py').write_text(TINY)
    for row, preprocessor in PREPROCESSORS.items():
        text = TINY_CONFIG.replace('{}', preprocessor)
        (tmp_path / 'configs' / f'{row}.py').write_text(text)
    annotations = tmp_path / 'data' / 'a'
    annotations.mkdir(parents=True)
    for split in ('train', 'test'):
        (annotations / f'{split}_9.json').write_text(split)
    yield tmp_path
    settings.load_benchmark.cache_clear()


@pytest.fixture
def run_of(tiny):
    """Factory of a run of the small benchmark."""
    return lambda row, seed=0: settings.Run('tiny', 'cpu', row, seed)


@pytest.fixture
def put(run_of):
    """Writes a result of the present inputs; its losses tell it from others."""

    def write(row, seed=0, loss=0.5, **content):
        run = run_of(row, seed)
        result = run._asdict() | results.inputs(run) | dict(config_hash='h')
        result['curves'] = dict(train=[dict(step=20, loss=loss)], val=[])
        results.save(result | content, run.result)
        return run

    return write


@pytest.fixture(scope='session')
def narrow(tmp_path_factory, small_cfg, narrow_options, narrow_for):
    """Configs of narrow detectors, flat files, by name of the system."""
    folder = tmp_path_factory.mktemp('narrow')
    sodgan = copy.deepcopy(small_cfg)
    sodgan.merge_from_dict(narrow_options)
    sodgan.dump(folder / 'sodgan.py')
    for name, path in ROWS.items():
        cfg = Config.fromfile(BASELINES / path)
        cfg.merge_from_dict(narrow_for(cfg))
        cfg.dump(folder / f'{name}.py')
    return {name: str(folder / f'{name}.py') for name in (*ROWS, 'sodgan')}


@pytest.fixture
def measure(narrow, tmp_path):
    """Runs a command on narrow systems and reads its result."""

    def run(command, names, *arguments):
        words = [BENCHMARK, '--systems', *(f'{x}={narrow[x]}' for x in names)]
        out = tmp_path / 'new' / 'result.json'
        words += [*arguments, '--threads', 1, '--out', out]
        tool.main([command, *map(str, words)])
        return json.loads(out.read_text())

    return run


@pytest.fixture
def setting():
    return Setting('cpu', threads=1, seed=0)


@pytest.fixture
def system(narrow):
    """Factory of a narrow system."""
    return lambda name: System(name, narrow[name], {})
