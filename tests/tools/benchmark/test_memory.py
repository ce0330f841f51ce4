from pathlib import Path
from types import SimpleNamespace

import cv2
import pandas as pd
import pytest
import torch
from mmdet.registry import HOOKS, MODELS

from tools.benchmark import memory

CONFIGS = Path(__file__).resolve().parents[3] / 'configs'
TAUGHT = CONFIGS / 'sodgan' / 'sodgan-faster-rcnn_r18_fpn_small_deeppcb-160.py'


def arguments(config):
    return SimpleNamespace(config=config, iterations=2000, side=64, batch=2)


def test_memory_of_a_training_is_sampled_fitted_and_drawn(
    measure, monkeypatch, tmp_path
):
    monkeypatch.setattr(memory, 'WARM_UP', 2)
    monkeypatch.setattr(memory, 'INTERVAL', 3)
    figure = tmp_path / 'memory.png'
    options = ('--iterations', 9, '--side', 32, '--batch', 2, '--figure', figure)
    result = measure('memory', 'sodgan', *options)
    assert [sample['iteration'] for sample in result['samples']] == [2, 5, 8]
    assert min(sample['rss_kib'] for sample in result['samples']) > 100_000
    samples = pd.DataFrame(result['samples']).set_index('iteration')
    fitted = memory.fit(samples)
    assert result['slopes_kib_per_iteration'] == fitted and fitted.keys() == {'rss_kib'}
    assert cv2.imread(str(figure)).std() > 0


def test_slope_is_kib_per_iteration():
    index = range(100, 200, 20)
    rows = [dict(rss_kib=5000 + 3 * i, cuda_kib=70) for i in index]
    slopes = memory.fit(pd.DataFrame(rows, index=index))
    assert slopes == dict(rss_kib=pytest.approx(3), cuda_kib=pytest.approx(0, abs=1e-9))


def test_all_parts_of_the_gan_run_from_the_start(narrow, setting):
    cfg = memory.prepare(arguments(narrow['sodgan']), setting._replace(seed=4), 'none')
    (hook,) = (x for x in cfg.custom_hooks if x['type'] == 'GANScheduleHook')
    schedule = HOOKS.build(hook).schedule(0, 2000)
    assert tuple(schedule) == (1, 1, 1)
    assert cfg.randomness.seed == 4 and cfg.val_dataloader is None
    assert cfg.train_dataloader.dataset.length == 2000 * 2


def test_frozen_teacher_starts_from_weights_of_the_same_detector(setting, tmp_path):
    cfg = memory.prepare(arguments(str(TAUGHT)), setting, str(tmp_path))
    assert cfg.model.teacher.frozen
    weights = torch.load(cfg.load_from, weights_only=True)
    assert weights.keys() == MODELS.build(cfg.model).state_dict().keys()


def test_images_follow_from_seed_and_index():
    images = memory.RandomImages(8, 3, size=(32, 32), factor=2, classes=6)
    first, again, other = images[0], images[0], images[1]
    assert first['inputs'].shape == (3, 64, 64)
    assert (first['inputs'] == again['inputs']).all()
    assert (first['inputs'] != other['inputs']).any()


def test_too_short_a_run_is_refused(measure):
    with pytest.raises(SystemExit, match='must be at least 120'):
        measure('memory', 'lr', '--iterations', 50)
