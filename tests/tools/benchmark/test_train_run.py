"""One run of the benchmark; no training here."""

import torch
from mmengine.runner import Runner

from mmdet_sodgan.datasets.synthetic import generate


def test_code_of_the_optimizers_counts(benchmark_tool, sodgan_cfg, tmp_path):
    generate(tmp_path / 'data', 2, 1, image_size=(64, 64))
    cfg = sodgan_cfg(
        {
            'optim_wrapper.type': 'AutocastOptimWrapper',
            'train_dataloader.num_workers': 0,
            'train_dataloader.dataset.data_root': f'{tmp_path}/data/',
        }
    )
    cfg.work_dir = str(tmp_path / 'run')
    cfg.experiment_name = tmp_path.name
    runner = Runner.from_cfg(cfg)
    before = torch.get_rng_state()
    parts = benchmark_tool('train_run').training_parts(runner)
    names = set(benchmark_tool('code_version').code_version(parts))
    prefix = 'mmdet_sodgan.engine.optimizers'
    assert {
        f'{prefix}.autocast_optim_wrapper',
        f'{prefix}.gan_optim_wrapper_constructor',
        'mmdet_sodgan.engine.hooks.alternating_optim_hook',
        'mmdet_sodgan.models.detectors.sodgan',
    } <= names
    # What is looked at trains as it would have.
    assert torch.equal(torch.get_rng_state(), before)
    assert runner.build_optim_wrapper(runner.optim_wrapper) is runner.optim_wrapper
