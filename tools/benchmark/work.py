"""Work for the systems that are measured.

Sizes are ``(width, height)`` of the LR image in pixels. At inference a system
whose data preprocessor has a ``scale_factor`` gets an image of that size, as it
would be used, without the benchmark's degradation; the others (the HR oracle)
get one ``r`` times as wide and high. In training all get the latter, as from
their pipelines. Weights are random unless there is a checkpoint.
"""

import copy
import itertools
from argparse import Namespace
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from mmdet.registry import MODELS
from mmengine.config import Config
from mmengine.model import revert_sync_batchnorm
from mmengine.optim import build_optim_wrapper
from mmengine.registry import DefaultScope
from mmengine.runner import load_checkpoint
from torch import Tensor
from torch.utils.flop_counter import FlopCounterMode

from mmdet_sodgan.apis import enable_safe_loading
from mmdet_sodgan.apps.report.cost import count_parameters
from mmdet_sodgan.deploy.export_onnx import OUTPUTS, open_session
from mmdet_sodgan.structures import GANSchedule
from mmdet_sodgan.utils.errors import CheckpointError

from .batches import random_batch, take_turns
from .settings import load_config
from .systems import Setting, System, find_systems, without_root


@dataclass(eq=False)
class Work:
    """A system with one batch; :meth:`run` is what is measured.

    A step of training is the model's ``train_step``, for SODGAN with all terms
    of its config and with the update of the teacher's moving average.

    Attributes:
        units (int): Number that a time is divided by: the images, 1 in training.
    """

    system: System
    what: str  # 'inference', from the data preprocessor to NMS, or 'training'
    size: tuple[int, int]  # of the LR image
    batch: int  # images
    scale: int  # r
    setting: Setting  # device, seed and images

    def __post_init__(self) -> None:
        setting, size, batch, scale = self.setting, self.size, self.batch, self.scale
        self.model, cfg = build(self.system, setting)
        self.training = self.what == 'training'
        self.units = 1 if self.training else batch
        factor = scale if self.training else input_factor(self.model, scale)
        # A one-stage detector has one head.
        heads = getattr(self.model, 'roi_head', self.model)
        classes = heads.bbox_head.num_classes
        self.data = random_batch(size, batch, classes, setting.seed, factor)
        self.inputs = itertools.repeat(self.data['inputs'])
        if setting.images:
            self.inputs = take_turns(setting.images, size, batch, factor)
        self.model.train(self.training)
        if hasattr(self.model, 'gan_schedule'):
            self.model.gan_schedule = GANSchedule()  # all parts on
        if self.training:
            with DefaultScope.overwrite_default_scope('mmdet'):
                self.optim_wrapper = build_optim_wrapper(self.model, cfg.optim_wrapper)
        else:
            for part in getattr(self.model, 'training_only', ()):
                setattr(self.model, part, None)

    def prepare(self) -> dict:
        """A batch to be used once: preprocessors change the samples in place."""
        samples = copy.deepcopy(self.data['data_samples'])
        return dict(inputs=next(self.inputs), data_samples=samples)

    def run(self, data: dict) -> None:
        """Predict, or train one step."""
        model = self.model
        if not self.training:
            with torch.no_grad():
                model.test_step(data)
            return
        model.train_step(data, self.optim_wrapper)
        if getattr(model, 'teacher', None) is not None:
            # TeacherHook does it in a run.
            neck = model.neck if model.with_neck else None
            model.teacher.update(model.backbone, neck)


@dataclass(eq=False)
class OnnxWork:
    """An exported system in onnxruntime with one batch."""

    path: Path  # of the file
    factor: int  # side of its images over that of the LR image
    size: tuple[int, int]  # of the LR image
    batch: int  # images
    setting: Setting  # threads, seed and images

    def __post_init__(self) -> None:
        setting, size, self.units = self.setting, self.size, self.batch
        # The session takes as many as torch has.
        before = torch.get_num_threads()
        torch.set_num_threads(setting.threads)
        self.session = open_session(self.path)
        torch.set_num_threads(before)
        batch = random_batch(size, self.batch, 1, setting.seed, self.factor)
        self.images = batch['inputs']
        self.inputs = itertools.repeat(self.images)
        if setting.images:
            self.inputs = take_turns(setting.images, size, self.batch, self.factor)

    def prepare(self) -> list[Tensor]:
        """The images, uint8, as :class:`Work` has them."""
        return next(self.inputs)

    def run(self, data: list[Tensor]) -> None:
        """Predict."""
        self.session.run(OUTPUTS, dict(images=torch.stack(data).float().numpy()))


def input_factor(model: torch.nn.Module, scale: int) -> int:
    """Side of a system's test image over that of the LR image."""
    return 1 if hasattr(model.data_preprocessor, 'scale_factor') else scale


def build_model(cfg: Config, setting: Setting) -> torch.nn.Module:
    """Model of a config with random weights, on its device."""
    torch.manual_seed(setting.seed)
    with DefaultScope.overwrite_default_scope('mmdet'):
        # Without init_weights(), which would ask the network for weights.
        model = revert_sync_batchnorm(MODELS.build(cfg.model))
    return model.to(setting.device)


def build(system: System, setting: Setting) -> tuple[torch.nn.Module, Config]:
    """Model and config of a system as the setting asks for them.

    Raises:
        SystemExit: The checkpoint cannot be loaded into it.
    """
    cfg = load_config(system.config, system.cfg_options)
    model = build_model(cfg, setting)
    if system.checkpoint is not None:
        try:
            enable_safe_loading()
            load_checkpoint(model, system.checkpoint, 'cpu', strict=True)
        except (RuntimeError, CheckpointError) as error:
            reason = str(error).splitlines()[0]
            raise SystemExit(
                f'--checkpoints {system.name}: {system.checkpoint} does not fit '
                f'{system.config} ({reason}); give weights of this config.'
            ) from None
    if hasattr(model.data_preprocessor, 'scale_factor'):
        model.data_preprocessor.test_mode = 'native'
    return model, cfg


def describe(args: Namespace, setting: Setting) -> tuple[dict[str, System], dict]:
    """The systems of the command line, and what a result says about them.

    Raises:
        SystemExit: They are not there, or have no ``scale_factor`` in common.
    """
    systems, scales, described = find_systems(args), {}, {}
    for name, system in systems.items():
        model, _ = build(system, setting)
        if hasattr(model.data_preprocessor, 'scale_factor'):
            scales[name] = model.data_preprocessor.scale_factor
        described[name] = dict(
            config=without_root(system.config),
            cfg_options=system.cfg_options,
            trained=system.checkpoint is not None,
            checkpoint=system.checkpoint and without_root(system.checkpoint),
            max_proposals=model.test_cfg.get('rpn', {}).get('max_per_img'),
            **parameters(model),
        )
    if len({*scales.values()}) != 1:
        raise SystemExit(
            'data_preprocessor.scale_factor must be the same in all --systems that '
            f'have one, and one must have it; it is {scales}: choose other systems.'
        )
    scale = scales.popitem()[1]
    return systems, dict(rounds=args.rounds, scale_factor=scale, systems=described)


def parameters(model: torch.nn.Module) -> dict[str, int]:
    """Numbers of parameters, of what is published and with what only training runs."""
    needed, all_of_them = count_parameters(model)
    return dict(parameters=needed, parameters_training=all_of_them)


def gflops(call: Callable, *args) -> float:
    """GFLOPs of torch's convolutions and matrix products; a multiply-add is 2.

    Operators of mmcv, such as deformable convolutions, do not count.
    """
    with FlopCounterMode(display=False) as counter:
        call(*args)
    return counter.get_total_flops() / 1e9
