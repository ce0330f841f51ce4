import copy
import random
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch
import torch.nn as nn
from mmdet.registry import HOOKS
from mmdet.structures import DetDataSample
from mmengine.dist import is_main_process
from mmengine.hooks import Hook
from mmengine.runner import Runner
from mmengine.structures import InstanceData
from torch import Tensor

from ...structures import GANSchedule
from ...visualization import (
    feature_map_image,
    fit_picture,
    maps_picture,
    rois_picture,
)
from ..unwrap_model import unwrap_model


@HOOKS.register_module()
class GANVisualizationHook(Hook):
    """Show what G makes, what D says of it, and what is detected.

    Every ``interval`` iterations the first image of the batch is looked at once
    more, with the weights just updated and in evaluation mode, and up to three
    pictures go to the backends of the run's visualizer:

    - ``gan_maps``: z_LR, z_SR and z_HR at the pyramid, all three in the range of
      z_HR; LR, SR and HR image at the image. A generator on RoIs makes no whole
      map, so this picture is missing there.
    - ``gan_rois``: RoIs on the image with D's probability of being real for the
      HR image and for G's result; missing without an adversarial term.
    - ``gan_detections``: ground truth and detections.

    The training goes on as without the hook, bit for bit: no weight, statistic,
    mode or random number is touched. Of several processes each looks, because the
    detector's losses may wait for the others, and the first one draws.

    Args:
        interval (int): Iterations between pictures.
        score_thr (float): Detections below it are not drawn.
        max_rois (int): At most so many RoIs are drawn, positive ones first.

    Raises:
        ValueError: ``interval`` or ``max_rois`` is below 1.
    """

    # After the hooks that move weights.
    priority = 'LOW'

    def __init__(
        self, interval: int = 500, score_thr: float = 0.3, max_rois: int = 12
    ) -> None:
        for name, value in (('interval', interval), ('max_rois', max_rois)):
            if value < 1:
                raise ValueError(
                    f'GANVisualizationHook.{name} is {value}; it must be at least 1.'
                )
        self.interval = interval
        self.score_thr = score_thr
        self.max_rois = max_rois

    def before_train(self, runner: Runner) -> None:
        """Refuse a detector without a generator.

        Raises:
            TypeError: The model has none.
        """
        model = unwrap_model(runner.model)
        if not hasattr(model, 'compared_maps'):
            raise TypeError(
                'GANVisualizationHook shows a generator at the pyramid, the image or '
                f'the RoI, but the model is {type(model).__name__}; take the hook out '
                'of custom_hooks.'
            )

    def after_train_iter(
        self, runner: Runner, batch_idx: int, data_batch: dict, outputs=None
    ) -> None:
        """Look at the first image of the batch."""
        if not self.every_n_train_iters(runner, self.interval):
            return
        model = unwrap_model(runner.model)
        schedule = model.gan_schedule
        with _undisturbed(model):
            # Both sides of the sampled RoIs, and no reconstruction loss.
            model.gan_schedule = GANSchedule(0.0, 0.0, discriminator_learns=True)
            try:
                self._look(runner, model, data_batch)
            finally:
                model.gan_schedule = schedule

    def _look(self, runner: Runner, model: nn.Module, data_batch: dict) -> None:
        # This is a copy, as batch augmentations keep a state.
        preprocessor = copy.deepcopy(model.data_preprocessor)
        first = {key: values[:1] for key, values in data_batch.items()}
        data = preprocessor(first, True)
        lr, hr = data['inputs'], data.get('hr_inputs')
        samples = data['data_samples']
        maps = model.compared_maps(lr, hr)
        scored = self._score(model, data)
        found = model.predict(lr, samples, rescale=False)[0]
        if not is_main_process():
            return

        picture = _to_picture(lr if hr is None else hr, preprocessor)
        # Labels must not cover it.
        image, _ = fit_picture(picture, enlarged_side=512)
        scale = image.shape[0] / samples[0].batch_input_shape[0]
        step, visualizer = runner.iter + 1, runner.visualizer
        if maps:
            target = list(maps.values())[-1][0]
            pictures = {
                title: _to_picture(x, preprocessor)
                if x.shape[1] == 3
                else feature_map_image(x[0], reference=target)
                for title, x in maps.items()
            }
            visualizer.add_image('gan_maps', maps_picture(pictures), step)
        if scored is not None:
            boxes, *scores = scored
            picture = rois_picture(image, boxes * scale, *scores)
            visualizer.add_image('gan_rois', picture, step)
        visualizer.add_datasample(
            'gan_detections',
            image,
            _scaled(found, scale),
            pred_score_thr=self.score_thr,
            step=step,
        )

    def _score(
        self, model: nn.Module, data: dict
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray] | None:
        """Return boxes ``(m, 4)`` and D's output on real and on fake, ``(m,)`` each."""
        if model.discriminator is None:
            return None
        _, rois = model(**data, mode='pair')
        logits = [model.discriminator(x).logits for x in (rois.hr_feats, rois.feats)]
        if logits[0] is None:
            return None
        # Stable, so that each part keeps the order of the sampler.
        order = (~rois.positive).int().sort(stable=True).indices[: self.max_rois]
        chosen = (rois.rois[:, 1:], *(x.float().sigmoid() for x in logits))
        return tuple(x[order].cpu().numpy() for x in chosen)


def _to_picture(images: Tensor, preprocessor: nn.Module) -> np.ndarray:
    """Turn the first of the normalised images ``(N, 3, H, W)`` to RGB, uint8."""
    image = images[0]
    if preprocessor._enable_normalize:
        image = image * preprocessor.std + preprocessor.mean
    if not preprocessor.is_rgb:
        image = image.flip(0)
    return image.round().clamp(0, 255).byte().permute(1, 2, 0).cpu().numpy()


def _scaled(sample: DetDataSample, scale: float) -> DetDataSample:
    """Scale boxes and drop masks, which are in the frame of the LR image."""
    scaled = DetDataSample()
    for name in ('gt_instances', 'pred_instances'):
        instances = sample.get(name)
        kept = {k: instances.get(k) for k in ('labels', 'scores') if k in instances}
        setattr(scaled, name, InstanceData(bboxes=instances.bboxes * scale, **kept))
    return scaled


@contextmanager
def _undisturbed(model: nn.Module) -> Iterator[None]:
    """Evaluate a model in training; modes and random states are as before after it."""
    modes = [(module, module.training) for module in model.modules()]
    python_state, numpy_state = random.getstate(), np.random.get_state()
    device = next(model.parameters()).device
    devices = [device] if device.type == 'cuda' else []
    model.eval()
    try:
        with torch.random.fork_rng(devices), torch.no_grad():
            yield
    finally:
        random.setstate(python_state)
        np.random.set_state(numpy_state)
        # Not train(), which would also switch what was left in evaluation mode.
        for module, training in modes:
            module.training = training
