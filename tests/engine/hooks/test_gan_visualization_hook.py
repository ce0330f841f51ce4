import json
import pickle
import random
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
import torch
from mmdet.registry import MODELS
from mmengine.config import Config
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from mmdet_sodgan.engine.hooks import GANVisualizationHook
from mmdet_sodgan.structures import GANSchedule

CONFIGS = Path(__file__).parents[3] / 'configs'
# Statistics and numbers that a careless look would move.
SENSITIVE = {
    'model.generator.norm_cfg': dict(_delete_=True, type='BN'),
    'model.data_preprocessor.degradation': dict(blur_sigma=(0.2, 1.0)),
    'train_cfg.val_interval': 10,
}
BACKENDS = [dict(type='LocalVisBackend'), dict(type='TensorboardVisBackend')]
PICTURES = {'gan_maps', 'gan_rois', 'gan_detections'}


class Visualizer:
    """Keeps what it is given."""

    def __init__(self):
        self.images, self.samples = {}, {}

    def add_image(self, name, image, step):
        self.images[name, step] = image

    def add_datasample(self, name, image, sample, pred_score_thr, step):
        self.images[name, step] = image
        self.samples[name, step] = sample


def make_runner(model, iteration=9):
    return SimpleNamespace(model=model, iter=iteration, visualizer=Visualizer())


def test_training_is_the_same_bit_for_bit_and_backends_get_everything(
    train, runner_cfg, tmp_path
):
    plain, plain_record = train(runner_cfg('plain', SENSITIVE))
    # mmengine's visualizers are global by name.
    visualizer = {'visualizer.vis_backends': BACKENDS, 'visualizer.name': 'watched'}
    cfg = runner_cfg('watched', SENSITIVE | visualizer)
    cfg.custom_hooks += [
        dict(type='GANVisualizationHook', interval=2, score_thr=0.0),
        dict(type='GradientNormHook'),
    ]
    runner, record = train(cfg)
    assert record.losses == plain_record.losses
    assert len(record.losses) == 6
    states = [r.model.state_dict() for r in (runner, plain)]
    assert states[0].keys() == states[1].keys()
    assert any('running_mean' in key for key in states[0])
    for key, value in states[0].items():
        assert torch.equal(value, states[1][key]), key

    folder = next((tmp_path / 'watched').glob('*/vis_data'))
    events = EventAccumulator(str(folder), size_guidance=dict(images=0)).Reload()
    assert set(events.Tags()['images']) == PICTURES
    for tag in PICTURES:
        assert [event.step for event in events.Images(tag)] == [2, 4, 6]
        assert (folder / f'vis_image/{tag}_6.png').is_file()
    encoded = events.Images('gan_maps')[0].encoded_image_string
    picture = cv2.imdecode(np.frombuffer(encoded, np.uint8), cv2.IMREAD_COLOR)
    assert picture.std() > 10

    lines = (folder / 'scalars.json').read_text().splitlines()
    rows = [row for row in map(json.loads, lines) if 'loss' in row]
    assert len(rows) == 6
    expected = {*record.losses[0], 'grad_norm_g', 'grad_norm_detector'}
    expected |= {'grad_norm_generator', 'grad_norm_discriminator'}
    assert {'loss_mse', 'loss_g_adv', 'd_real', 'd_fake'} <= expected
    for tag in expected:
        logged = [(event.step, event.value) for event in events.Scalars(tag)]
        assert [step for step, _ in logged] == [row['step'] for row in rows], tag
        values = [row[tag] for row in rows]
        assert [value for _, value in logged] == pytest.approx(values, rel=1e-5), tag


def test_a_look_leaves_modes_random_numbers_schedule_and_batch(
    build_sodgan, make_batch
):
    model = build_sodgan(SENSITIVE)
    model.backbone.layer1.eval()
    model.gan_schedule = schedule = GANSchedule(0.5, 0.25, False)
    batch = make_batch(0, 1)
    boxes = batch['data_samples'][0].gt_instances.bboxes.clone()
    modes = {name: m.training for name, m in model.named_modules()}
    state = {k: v.clone() for k, v in model.state_dict().items()}
    for seed in (torch.manual_seed, np.random.seed, random.seed):
        seed(0)
    expected = torch.rand(3), np.random.rand(3), random.random()
    for seed in (torch.manual_seed, np.random.seed, random.seed):
        seed(0)
    runner = make_runner(model)
    GANVisualizationHook(interval=10).after_train_iter(runner, 0, batch)
    assert {name for name, _ in runner.visualizer.images} == PICTURES
    assert torch.equal(torch.rand(3), expected[0])
    assert np.array_equal(np.random.rand(3), expected[1])
    assert random.random() == expected[2]
    assert {name: m.training for name, m in model.named_modules()} == modes
    assert model.gan_schedule is schedule
    assert torch.equal(batch['data_samples'][0].gt_instances.bboxes, boxes)
    assert all(p.grad is None for p in model.parameters())
    for key, value in model.state_dict().items():
        assert torch.equal(value, state[key]), key


def test_boxes_and_image_are_those_of_the_high_resolution_image(
    build_sodgan, make_batch
):
    batch = make_batch(0, 1)
    runner = make_runner(build_sodgan())
    GANVisualizationHook(interval=10).after_train_iter(runner, 0, batch)
    key = ('gan_detections', 10)
    # The pipeline's image, from BGR to RGB; 128 px need no padding, and each is
    # drawn four times as large.
    image = batch['inputs'][0].flip(0).permute(1, 2, 0).numpy()
    shown = runner.visualizer.images[key]
    assert shown.shape == (512, 512, 3)
    np.testing.assert_array_equal(shown[::4, ::4], image)
    np.testing.assert_array_equal(shown[3::4, 3::4], image)
    torch.testing.assert_close(
        runner.visualizer.samples[key].gt_instances.bboxes,
        batch['data_samples'][0].gt_instances.bboxes * 4,
    )


def test_of_two_processes_the_first_draws_and_both_go_on(
    sodgan_cfg, make_batch, ranks, tmp_path
):
    job = (sodgan_cfg().model.to_dict(), make_batch(0, 1))
    (tmp_path / 'job.pkl').write_bytes(pickle.dumps(job))
    ranks(Path(__file__).with_name('rank_look.py'), 'look', tmp_path)
    drawn = [json.loads((tmp_path / f'{rank}.json').read_text()) for rank in range(2)]
    assert [set(names) for names in drawn] == [PICTURES, set()]


def test_nothing_is_looked_at_between_the_intervals(build_sodgan):
    runner = make_runner(build_sodgan(), iteration=10)
    GANVisualizationHook(interval=10).after_train_iter(runner, 0, None)
    assert not runner.visualizer.images


@pytest.mark.parametrize(
    'options, missing',
    [
        ({'model.composite_loss.adv': None}, {'gan_rois'}),
        (
            {
                f'model.composite_loss.{term}': None
                for term in ('adv', 'cls', 'reg', 'mse')
            },
            {'gan_rois'},
        ),
    ],
    ids=['no adversarial term', 'no HR supervision'],
)
def test_what_a_config_leaves_out_is_missing(
    build_sodgan, make_batch, options, missing
):
    runner = make_runner(build_sodgan(options))
    GANVisualizationHook(interval=10).after_train_iter(runner, 0, make_batch(0))
    assert {name for name, _ in runner.visualizer.images} == PICTURES - missing


@pytest.mark.parametrize(
    'name, missing',
    [
        ('sodgan/sodgan-image-faster-rcnn_r18_fpn_small_deeppcb-160.py', set()),
        ('sodgan/sodgan-roi-faster-rcnn_r18_fpn_small_deeppcb-160.py', {'gan_maps'}),
        ('sod_mtgan/sod-mtgan_faster-rcnn_r18_fpn_small_deeppcb-160.py', {'gan_maps'}),
    ],
    ids=['image', 'roi', 'sod-mtgan'],
)
def test_other_places_show_what_there_is(make_batch, name, missing):
    cfg = Config.fromfile(CONFIGS / name).model
    cfg.composite_loss.adv = dict(loss_weight=0.01)
    runner = make_runner(MODELS.build(cfg).train())
    GANVisualizationHook(interval=10).after_train_iter(runner, 0, make_batch(0))
    assert {name for name, _ in runner.visualizer.images} == PICTURES - missing


def test_detector_without_gan_and_bad_numbers_are_refused():
    with pytest.raises(TypeError, match='the model is Linear'):
        GANVisualizationHook().before_train(make_runner(torch.nn.Linear(1, 1)))
    for name in ('interval', 'max_rois'):
        with pytest.raises(ValueError, match=f'{name} is 0; it must be at least 1'):
            GANVisualizationHook(**{name: 0})
