"""Fixtures of the engine's tests: an even smaller SODGAN, its optimizers, a Runner."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from mmdet.structures import DetDataSample
from mmengine.config import Config
from mmengine.hooks import Hook
from mmengine.optim import OptimWrapperDict, build_optim_wrapper
from mmengine.runner import Runner
from mmengine.structures import InstanceData

from mmdet_sodgan.apis import enable_safe_loading
from mmdet_sodgan.datasets.synthetic import generate

SLIM = {
    'model.backbone.base_channels': 8,
    'model.backbone.stem_channels': 8,
    'model.neck.in_channels': [8, 16, 32, 64],
}
# With these settings, and with the same boxes in every image, the mean loss over
# equal parts of a batch is the loss of the whole: MMDetection normalises by the
# number of samples in a batch and samples at random, so here every anchor and
# every proposal is taken, and the number of proposals is fixed.
JOINABLE = {
    'model.backbone.norm_eval': True,
    'model.train_cfg.rpn.sampler.num': 10**6,
    'model.train_cfg.rpn_proposal.nms_pre': 16,
    'model.train_cfg.rpn_proposal.max_per_img': 32,
    'model.train_cfg.rpn_proposal.nms.iou_threshold': 1.0,
    'model.train_cfg.rcnn.sampler.num': 10**4,
}
BOXES = ((8, 12, 30, 40), (60, 50, 90, 76), (100, 20, 118, 44))
NUM_TRAIN, BATCH_SIZE, HR_SIDE = 6, 2, 128


class RecordHook(Hook):
    """Keep what happened in every iteration.

    Attributes:
        losses (list[dict[str, float]]): Of each iteration.
        schedules (list[GANSchedule]): Of each iteration.
        weights (list[Tensor]): The backbone's first weight, before the training
            and after each iteration.
    """

    def __init__(self) -> None:
        self.losses, self.schedules, self.weights = [], [], []

    def before_train(self, runner):
        self.weights.append(runner.model.backbone.conv1.weight.detach().clone())

    def after_train_iter(self, runner, batch_idx, data_batch=None, outputs=None):
        self.losses.append({key: value.item() for key, value in outputs.items()})
        self.schedules.append(runner.model.gan_schedule)
        self.weights.append(runner.model.backbone.conv1.weight.detach().clone())


@pytest.fixture
def sodgan_cfg(sodgan_cfg) -> Callable[..., Config]:
    """As the suite's factory, with an eighth of ResNet-18's width."""
    return lambda options=None: sodgan_cfg(SLIM | (options or {}))


@pytest.fixture
def joinable() -> dict:
    """Options under which the losses of equal parts of a batch add up."""
    return dict(JOINABLE)


@pytest.fixture
def make_batch() -> Callable[..., dict]:
    """Factory of a batch with a random HR image ``(3, 128, 128)`` a seed.

    All have the same boxes, in pixels of the HR image.
    """

    def make(*seeds: int, boxes: tuple = BOXES) -> dict:
        inputs, samples = [], []
        for seed in seeds:
            generator = torch.Generator().manual_seed(seed)
            size = (3, HR_SIDE, HR_SIDE)
            inputs.append(torch.randint(256, size, generator=generator).byte())
            sample = DetDataSample(
                metainfo=dict(
                    img_id=seed,
                    img_shape=size[1:],
                    ori_shape=size[1:],
                    scale_factor=(1.0, 1.0),
                )
            )
            sample.gt_instances = InstanceData(
                bboxes=torch.tensor(boxes, dtype=torch.float32).reshape(-1, 4),
                labels=torch.arange(len(boxes)),
            )
            samples.append(sample)
        return dict(inputs=inputs, data_samples=samples)

    return make


@pytest.fixture
def sgd_wrappers() -> Callable[..., OptimWrapperDict]:
    """Factory of both groups with plain SGD, whose steps show the gradient."""

    def make(
        model: torch.nn.Module,
        lr: float = 0.01,
        accumulation: int = 1,
        wrapper_type: str = 'OptimWrapper',
        **optimizer,
    ) -> OptimWrapperDict:
        def cfg() -> dict:
            return dict(
                type=wrapper_type,
                accumulative_counts=accumulation,
                optimizer=dict(type='SGD', lr=lr, **optimizer),
            )

        return build_optim_wrapper(
            model,
            dict(cfg(), constructor='GANOptimWrapperConstructor', discriminator=cfg()),
        )

    return make


@pytest.fixture(scope='session')
def synthetic_root(tmp_path_factory) -> Path:
    """A tiny synthetic data set."""
    root = tmp_path_factory.mktemp('data') / 'synthetic'
    generate(root, NUM_TRAIN, 2, image_size=(HR_SIDE, HR_SIDE))
    return root


@pytest.fixture
def runner_cfg(sodgan_cfg, synthetic_root, tmp_path) -> Callable[..., Config]:
    """Factory of a config that trains on the tiny set from the first iteration on."""

    def make(name: str, options: dict | None = None) -> Config:
        schedule = dict(
            type='GANScheduleHook',
            adversarial=[(0, 0.5), (1, 1)],
            reconstruction=[(0, 1)],
            discriminator_span=(0, 1),
        )
        root = str(synthetic_root) + '/'
        cfg = sodgan_cfg(
            {
                'custom_hooks': [
                    schedule,
                    dict(type='TeacherHook'),
                    dict(type='ReseedHook'),
                ],
                'randomness': dict(seed=0),
                'train_cfg': dict(max_epochs=2, val_interval=2),
                'train_dataloader.batch_size': BATCH_SIZE,
                'train_dataloader.num_workers': 0,
                'train_dataloader.dataset.data_root': root,
                'train_dataloader.dataset.pipeline.2.scale': (HR_SIDE, HR_SIDE),
                'val_dataloader.num_workers': 0,
                'val_dataloader.dataset.data_root': root,
                'val_dataloader.dataset.pipeline.1.scale': (HR_SIDE, HR_SIDE),
                'val_evaluator.ann_file': root + 'annotations/val.json',
                'default_hooks.logger.interval': 1,
                'log_level': 'ERROR',
            }
            | (options or {})
        )
        cfg.work_dir = str(tmp_path / name)
        # mmengine's logs are global by name.
        cfg.experiment_name = f'{tmp_path.name}-{name}'
        return cfg

    return make


@pytest.fixture
def train() -> Callable[[Config], tuple[Runner, RecordHook]]:
    """Train a config as the commands do; return the runner and what was recorded."""

    def run(cfg: Config) -> tuple[Runner, RecordHook]:
        enable_safe_loading()
        runner = Runner.from_cfg(cfg)
        record = RecordHook()
        runner.register_hook(record)
        runner.train()
        return runner, record

    return run
