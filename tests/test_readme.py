"""Configs of the README and the pages, typed as they stand there."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from mmdet.registry import DATASETS, METRICS, MODELS
from mmengine.config import Config

from mmdet_sodgan.datasets.synthetic import generate

ROOT = Path(__file__).parents[1]


def typed(tmp_path, name):
    """Write a config of the pages beside the configs folder; load it."""
    names = ('README.md', 'docs/use_it/configs.md')
    pages = ''.join((ROOT / name).read_text() for name in names)
    blocks = re.findall(r'```python\n(.*?)```', pages, re.S)
    (text,) = [block for block in blocks if block.startswith(f'# {name}')]
    (tmp_path / 'configs').symlink_to(ROOT / 'configs')
    (tmp_path / name).write_text(text)
    cfg = Config.fromfile(tmp_path / name)
    cfg.model.backbone.init_cfg = None  # pretrained weights come from the network
    return cfg


@pytest.fixture
def own_data(tmp_path, monkeypatch):
    """A data set of somebody else, laid out as the tutorial's example."""
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / 'data' / 'mine'
    generate(folder, 2, 1, num_classes=2)
    for split in ('train', 'val'):
        text = (folder / f'annotations/{split}.json').read_text()
        for old, new in (('horizontal', 'scratch'), ('vertical', 'dent')):
            assert f'"{old}"' in text
            text = text.replace(f'"{old}"', f'"{new}"')
        (folder / f'{split}.json').write_text(text)


def test_own_data_config_reads_trains_on_and_scores_own_data(own_data, tmp_path):
    cfg = typed(tmp_path, 'my_config.py')
    for loader, count in (('train', 2), ('val', 1), ('test', 1)):
        dataset = DATASETS.build(cfg[f'{loader}_dataloader'].dataset)
        assert len(dataset) == count
        assert dataset.metainfo['classes'] == ('scratch', 'dent')
        assert dataset[0]['inputs'].ndim == 3
    for evaluator in (cfg.val_evaluator, cfg.test_evaluator):
        metric = METRICS.build(evaluator)
        assert Path(metric.ann_file) == Path('data/mine/val.json')
    model = MODELS.build(cfg.model)
    assert model.roi_head.bbox_head.num_classes == 2 and model.discriminator is None


def test_method_lies_over_another_config_of_mmdet(tmp_path):
    cfg = typed(tmp_path, 'giou_config.py')
    model = MODELS.build(cfg.model)
    assert type(model).__name__ == 'SODGAN'
    assert type(model.roi_head.bbox_head.loss_bbox).__name__ == 'GIoULoss'
    assert cfg.optim_wrapper.optimizer.type == 'SGD'
    assert 'discriminator' in cfg.optim_wrapper


def test_figures_are_those_of_the_committed_results():
    done = subprocess.run(
        [sys.executable, ROOT / 'tools/analysis_tools/update_readme.py', '--check'],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
