"""Rows of rivals train from a teacher, average their weights and predict."""

import pytest
import torch
from mmengine.runner import Runner

from mmdet_sodgan.datasets.synthetic import generate
from tools.benchmark import report, settings
from tools.benchmark.resize_curve import CURVES

BENCHMARK, PRESET = 'deeppcb-160_r18', 'cpu-12e-avg'
SIDE = 128


@pytest.fixture(scope='module')
def data(tmp_path_factory):
    """A tiny synthetic data set in place of the benchmark's."""
    root = tmp_path_factory.mktemp('data')
    generate(root / 'synthetic', 8, 2, image_size=(SIDE, SIDE))
    return f'{root}/synthetic/'


@pytest.fixture
def config(data, tmp_path):
    """Config of a row with two epochs of two iterations."""

    def make(row):
        cfg = settings.run_config(settings.Run(BENCHMARK, PRESET, row, 0))
        for split in ('train', 'val'):
            loader = cfg[f'{split}_dataloader']
            loader.num_workers = 0
            loader.dataset.update(
                type='SyntheticSmallObjectDataset',
                data_root=data,
                ann_file=f'annotations/{split}.json',
                data_prefix=dict(img=f'{split}/'),
            )
            (resize,) = [t for t in loader.dataset.pipeline if t.type == 'Resize']
            resize.scale = (SIDE, SIDE)
        cfg.val_evaluator.ann_file = f'{data}annotations/val.json'
        cfg.test_dataloader, cfg.test_evaluator = cfg.val_dataloader, cfg.val_evaluator
        cfg.train_cfg.max_epochs = cfg.param_scheduler[-1].T_max = 2
        # Weights of four steps are sure of nothing.
        cfg.model.setdefault('test_cfg', {})['score_thr'] = 0.0
        cfg.log_level = 'ERROR'
        cfg.work_dir = str(tmp_path / row)
        # mmengine's logs are global by name.
        cfg.experiment_name = f'{tmp_path.name}-{row}'
        return cfg

    return make


@pytest.fixture
def oracle(config, tmp_path):
    """Path of a teacher's weights."""
    path = tmp_path / 'oracle.pth'
    state = Runner.from_cfg(config('oracle')).model.state_dict()
    torch.save(dict(state_dict=state, meta={}), path)
    return str(path)


@pytest.mark.parametrize(
    ('row', 'kind', 'side'),
    [
        ('sodgan', 'SODGAN', 160),
        ('distilled', 'DistilledDetector', 160),
        ('resized-1.5-supervised', 'DistilledDetector', 240),
        ('retinanet-upscaled', 'RetinaNet', 320),
        ('ssd-upscaled', 'SingleStageDetector', 320),
        ('cornernet', 'CornerNet', 160),
        ('centernet-upscaled', 'CornerNet', 320),
        ('dino-upscaled', 'DINO', 320),
        ('rtmdet', 'RTMDet', 160),
        ('rtmdet-upscaled', 'RTMDet', 320),
    ],
)
def test_row_trains_and_ends_with_averaged_weights(
    config, oracle, tmp_path, row, kind, side
):
    run = settings.Run(BENCHMARK, PRESET, row, 0)
    assert report.input_side(settings.run_config(run)) == side
    cfg = config(row)
    assert cfg.model.type == kind
    assert (cfg.load_from is not None) is (run.teacher is not None)
    if run.teacher is not None:
        cfg.load_from = oracle
    runner = Runner.from_cfg(cfg)
    runner.train()
    logged = runner.message_hub.log_scalars
    assert ('train/loss_align' in logged) is ('composite_loss' in cfg.model)
    assert not [key for key in logged if key.startswith('val/')]
    saved = torch.load(tmp_path / row / 'epoch_2.pth', weights_only=False)
    assert 'weight_average' not in saved
    for name, value in runner.model.state_dict().items():
        assert torch.equal(saved['state_dict'][name], value)
    assert runner.test()['coco/bbox_mAP'] >= 0


def test_preset_tests_on_all_images_and_averages_every_row_alike():
    hooks = []
    for row in settings.load_benchmark(BENCHMARK).rows:
        cfg = settings.run_config(settings.Run(BENCHMARK, PRESET, row, 0))
        assert cfg.val_dataloader.dataset.ann_file == 'annotations/test.json'
        assert cfg.val_evaluator.ann_file.endswith('annotations/test.json')
        hooks.append((cfg.default_hooks.average, cfg.default_hooks.statistics))
    assert all(pair == hooks[0] for pair in hooks)
    assert hooks[0][0].type == 'WeightAverageHook'


def test_rows_that_start_from_the_oracle_have_a_whole_curve_of_inputs():
    sides = []
    for curve in CURVES.values():
        runs = [settings.Run(BENCHMARK, PRESET, row, 0) for row in curve]
        assert {run.teacher.row for run in runs} == {'oracle'}
        sides.append([report.input_side(settings.run_config(run)) for run in runs])
    assert sides == [[160, 200, 240, 280, 320], [160, 200, 240, 280]]


@pytest.mark.parametrize(('row', 'side'), [('lr', 160), ('oracle', 320)])
def test_detector_sees_the_size_that_the_table_says(row, side):
    cfg = settings.run_config(settings.Run(BENCHMARK, PRESET, row, 0))
    assert (report.input_side(cfg), settings.loaded_side(cfg)) == (side, 320)


@pytest.mark.parametrize('row', ['retinanet', 'ssd', 'cornernet', 'centernet', 'dino'])
def test_detector_with_heads_of_its_own_starts_from_the_backbone_of_the_oracle(
    config, oracle, row
):
    cfg = config(row)
    cfg.load_from = oracle
    runner = Runner.from_cfg(cfg)
    runner.load_or_resume()
    weights = torch.load(oracle)['state_dict']
    own = runner.model.state_dict()
    names = [name for name in weights if name.startswith('backbone.')]
    assert len(names) == 120
    assert all(torch.equal(own[name], weights[name]) for name in names)
