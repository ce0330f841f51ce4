import json
from pathlib import Path

import cv2
import pytest
import torch
from mmdet.registry import HOOKS, MODELS

CONFIGS = Path(__file__).resolve().parents[3] / 'configs'
TAUGHT = CONFIGS / 'sodgan' / 'sodgan-faster-rcnn_r18_fpn_small_deeppcb-160.py'


@pytest.fixture
def memory(benchmark_tool):
    return benchmark_tool('memory')


def test_memory_of_a_training_is_sampled_fitted_and_drawn(
    memory, monkeypatch, narrow, tmp_path
):
    monkeypatch.setattr(memory, 'WARM_UP', 2)
    monkeypatch.setattr(memory, 'INTERVAL', 3)
    out, figure = tmp_path / 'memory.json', tmp_path / 'memory.png'
    memory.main(
        [
            narrow['sodgan'],
            *('--iterations', '9', '--side', '32', '--batch', '2', '--threads', '1'),
            *('--out', str(out), '--figure', str(figure)),
        ]
    )
    result = json.loads(out.read_text())
    assert result['command'].startswith('tools/benchmark/memory.py ')
    assert {'commit', 'hardware', 'torch', 'threads', 'seed'} <= result.keys()
    assert [sample['iteration'] for sample in result['samples']] == [2, 5, 8]
    assert min(sample['rss_kib'] for sample in result['samples']) > 100_000
    fitted = memory.fit(result['samples'])
    assert result['slopes_kib_per_iteration'] == fitted and fitted.keys() == {'rss_kib'}
    assert cv2.imread(str(figure)).std() > 0


def test_slope_is_kib_per_iteration(memory):
    samples = [
        dict(iteration=i, rss_kib=5000 + 3 * i, cuda_kib=70)
        for i in range(100, 200, 20)
    ]
    slopes = memory.fit(samples)
    assert slopes == dict(rss_kib=pytest.approx(3), cuda_kib=pytest.approx(0, abs=1e-9))


def test_all_parts_of_the_gan_run_from_the_start(memory, narrow):
    cfg = memory.prepare(memory.parse_args([narrow['sodgan'], '--seed', '4']), 'none')
    (hook,) = (x for x in cfg.custom_hooks if x['type'] == 'AlternatingOptimHook')
    schedule = HOOKS.build(hook).schedule(0, 2000)
    assert tuple(schedule) == (1, 1, 1)
    assert cfg.randomness.seed == 4 and cfg.val_dataloader is None
    assert cfg.train_dataloader.dataset.length == 2000 * 2


def test_frozen_teacher_starts_from_weights_of_the_same_detector(memory, tmp_path):
    cfg = memory.prepare(memory.parse_args([str(TAUGHT)]), str(tmp_path))
    assert cfg.model.hr_branch.frozen
    weights = torch.load(cfg.load_from, weights_only=True)
    assert weights.keys() == MODELS.build(cfg.model).state_dict().keys()


def test_images_follow_from_seed_and_index(memory):
    images = memory.RandomImages(8, 32, 2, 6, seed=3)
    first, again, other = images[0], images[0], images[1]
    assert first['inputs'].shape == (3, 64, 64)
    assert (first['inputs'] == again['inputs']).all()
    assert (first['inputs'] != other['inputs']).any()


def test_too_short_a_run_is_refused(memory, capsys):
    with pytest.raises(SystemExit):
        memory.parse_args(['x.py', '--iterations', '50'])
    assert 'must be at least 120' in capsys.readouterr().err
