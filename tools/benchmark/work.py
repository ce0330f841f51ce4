"""Random work for systems, and clocks, of the tools that measure cost.

Sizes are ``(width, height)`` of the LR image in pixels. At inference a system
whose data preprocessor has a ``scale_factor`` gets an image of that size, as it
would be used, without the benchmark's degradation; the others (the HR oracle)
get one ``r`` times as wide and high. In training all get the latter, as from
their pipelines. Weights are random unless there is a checkpoint.
"""

import copy
import time
from collections.abc import Callable, Sequence
from types import SimpleNamespace

import numpy as np
import torch
from mmdet.registry import MODELS
from mmdet.structures import DetDataSample
from mmengine.config import Config
from mmengine.optim import build_optim_wrapper
from mmengine.registry import DefaultScope
from mmengine.runner import load_checkpoint
from mmengine.structures import InstanceData
from settings import load_config
from systems import OBJECT_SIDES, Setting, System
from torch import Tensor

from mmdet_sodgan.apis import enable_safe_loading
from mmdet_sodgan.apis.runner import enable_amp
from mmdet_sodgan.engine.hooks import ChannelsLastHook, CompileHook
from mmdet_sodgan.models.utils import GANSchedule
from mmdet_sodgan.utils.checkpoint_error import CheckpointError

#: In each image.
OBJECTS = 8
#: Calls before the first that counts.
WARM_UP = 2
#: How errors of the CPU's allocator, of CUDA and its libraries read.
NO_MEMORY = ('allocate memory', 'out of memory', 'ALLOC_FAILED')


class Work:
    """A system with one batch; :meth:`run` is what is measured.

    A step of training is the model's ``train_step``, for SODGAN with all terms
    of its config and with the update of the HR branch's moving average.

    Args:
        system (System): Which.
        what (str): 'inference', from the data preprocessor to NMS, or 'training'.
        size (tuple[int, int]): Of the LR image.
        batch (int): Images.
        scale (int): ``r``.
        setting (Setting): Device and precision.
    """

    def __init__(
        self,
        system: System,
        what: str,
        size: tuple[int, int],
        batch: int,
        scale: int,
        setting: Setting,
    ) -> None:
        self.model, cfg = build(system, setting)
        self.setting, self.training = setting, what == 'training'
        native = hasattr(self.model.data_preprocessor, 'scale_factor')
        factor = 1 if native and not self.training else scale
        classes = self.model.roi_head.bbox_head.num_classes
        self.data = random_batch(size, batch, classes, setting.seed, factor)
        self.model.train(self.training)
        for part in training_only(self.model):
            if not self.training:
                setattr(self.model, part, None)
        if hasattr(self.model, 'gan_schedule'):
            self.model.gan_schedule = GANSchedule(1.0, 1.0, 1)  # all parts on
        if self.training:
            with DefaultScope.overwrite_default_scope('mmdet'):
                self.optim_wrapper = build_optim_wrapper(self.model, cfg.optim_wrapper)

    def prepare(self) -> dict:
        """A batch to be used once: preprocessors change the samples in place."""
        return dict(self.data, data_samples=copy.deepcopy(self.data['data_samples']))

    def run(self, data: dict) -> None:
        """Predict, or train one step."""
        model = self.model
        if not self.training:
            device = torch.device(self.setting.device).type
            with (
                torch.no_grad(),
                torch.autocast(device, torch.bfloat16, enabled=self.setting.bf16),
            ):
                model.test_step(data)
            return
        model.train_step(data, self.optim_wrapper)
        if getattr(model, 'hr_branch', None) is not None:
            # AlternatingOptimHook does it in a run.
            neck = model.neck if model.with_neck else None
            model.hr_branch.update(model.backbone, neck)


def build(system: System, setting: Setting) -> tuple[torch.nn.Module, Config]:
    """Model on its device, and config.

    Raises:
        SystemExit: The checkpoint cannot be loaded into it.
    """
    torch.manual_seed(setting.seed)
    cfg = load_config(system.config, system.cfg_options)
    if setting.bf16:
        enable_amp(cfg)
    with DefaultScope.overwrite_default_scope('mmdet'):
        # Without init_weights(), which would ask the network for weights.
        model = MODELS.build(cfg.model)
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
    # As in a run; these hooks read nothing else of it.
    runner = SimpleNamespace(model=model.to(setting.device))
    if setting.channels_last:
        ChannelsLastHook().before_run(runner)
    if setting.compiled:
        CompileHook().before_run(runner)
    return model, cfg


def training_only(model: torch.nn.Module) -> tuple[str, ...]:
    """Children of a detector that its inference does not run."""
    return getattr(model, 'training_only', ())


def random_boxes(count: int, size: tuple[int, int], generator) -> Tensor:
    """Boxes ``(count, 4)``, x1, y1, x2, y2, with sides of ``OBJECT_SIDES``."""
    low, high = OBJECT_SIDES
    sides = low + (high - low) * torch.rand(count, 2, generator=generator)
    corners = torch.rand(count, 2, generator=generator) * (torch.tensor(size) - sides)
    return torch.cat([corners, corners + sides], 1)


def random_batch(
    size: tuple[int, int], batch: int, classes: int, seed: int, factor: int
) -> dict:
    """A batch as a dataloader gives it.

    Args:
        size (tuple[int, int]): Of the LR image; at least 16 x 16.
        batch (int): Images.
        classes (int): Number of classes.
        seed (int): Of pixels and boxes.
        factor (int): Sides of the images over ``size``.

    Returns:
        dict: ``inputs``, uint8 images ``(3, h, w)``, and ``data_samples``
        with ``OBJECTS`` boxes each.
    """
    generator = torch.Generator().manual_seed(seed)
    shape = (factor * size[1], factor * size[0])
    inputs, samples = [], []
    for index in range(batch):
        inputs.append(
            torch.randint(256, (3, *shape), dtype=torch.uint8, generator=generator)
        )
        meta = dict(img_id=index, ori_shape=shape, img_shape=shape)
        sample = DetDataSample(metainfo=dict(meta, scale_factor=(1.0, 1.0)))
        sample.gt_instances = InstanceData(
            bboxes=factor * random_boxes(OBJECTS, size, generator),
            labels=torch.randint(classes, (OBJECTS,), generator=generator),
        )
        samples.append(sample)
    return dict(inputs=inputs, data_samples=samples)


def elapsed_ms(work: Work) -> float:
    """Milliseconds of one run, its batch made beforehand."""
    data = work.prepare()
    if not work.setting.device.startswith('cuda'):
        start = time.perf_counter()
        work.run(data)
        return 1e3 * (time.perf_counter() - start)
    start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
    torch.cuda.synchronize()
    start.record()
    work.run(data)
    end.record()
    torch.cuda.synchronize()
    return start.elapsed_time(end)


def interleave(
    works: dict[str, Work], rounds: int, measure: Callable = elapsed_ms
) -> tuple[dict[str, list[float]], dict[str, str]]:
    """Measure all systems once a round, each round in another order.

    Whatever else slows the machine down for a while thus meets all of them.

    Args:
        works (dict[str, Work]): By name of the system.
        rounds (int): After ``WARM_UP`` that do not count.
        measure (Callable): Work -> milliseconds.

    Returns:
        tuple: Milliseconds by name, one a round; sentence by name of those
        that ran out of memory, which then take no further part.
    """
    times, failures = {name: [] for name in works}, {}
    for index in range(-WARM_UP, rounds):
        first = index % max(1, len(times))
        names = [*times]
        for name in names[first:] + names[:first]:
            value, failure = attempt(measure, works[name])
            if failure is not None:
                failures[name] = failure
                del times[name], works[name]
            elif index >= 0:
                times[name].append(value)
    return times, failures


def summary(samples: Sequence[float]) -> dict:
    """Median, quartiles, number and the values themselves."""
    q1, median, q3 = np.percentile(samples, [25, 50, 75]).tolist()
    return dict(median=median, q1=q1, q3=q3, n=len(samples), samples=[*samples])


def attempt(call: Callable, *args) -> tuple[object, str | None]:
    """Result of a call, or the sentence that says that memory ran out."""
    try:
        return call(*args), None
    except (RuntimeError, MemoryError) as error:
        # Only torch's allocator for CUDA has a class of its own for it.
        known = isinstance(error, (torch.OutOfMemoryError, MemoryError))
        if not known and not any(text in str(error) for text in NO_MEMORY):
            raise
        sentence = str(error).strip().splitlines()[0] if str(error) else 'no memory'
    # Out of the except block, whose traceback holds the tensors.
    torch.cuda.empty_cache()
    return None, sentence
