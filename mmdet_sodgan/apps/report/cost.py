import copy
import statistics
from dataclasses import dataclass

import numpy as np
import torch
from mmdet.apis import inference_detector
from mmdet.registry import MODELS
from mmengine.config import Config
from mmengine.model import revert_sync_batchnorm
from mmengine.registry import DefaultScope
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from .work_dir import WorkDir


@dataclass
class Cost:
    """What a network costs.

    Attributes:
        parameters (int): Number of parameters that a prediction needs.
        parameters_training (int): The same with discriminator and teacher.
        gflops (float): What predicting one image takes: convolutions and matrix
            products, a multiply-add is 2; operators of mmcv do not count.
        image (tuple[int, int]): Width and height of that image in pixels.
        network_input (tuple[int, int]): Width and height of what the backbone gets.
    """

    parameters: int
    parameters_training: int
    gflops: float
    image: tuple[int, int]
    network_input: tuple[int, int]


def measure_cost(config: Config, image: tuple[int, int]) -> Cost:
    """Build a config's network with random weights and predict one image of noise.

    Args:
        config (Config): The config of the run.
        image (tuple[int, int]): Width and height of the image, in pixels.

    Returns:
        Cost: Its figures; the number of proposals, and with it a little of the
        GFLOPs, depends on the weights.
    """
    config = copy.deepcopy(config)
    # What runs on detections (masks, a second classifier) would have none.
    config.model.test_cfg.get('rcnn', config.model.test_cfg)['score_thr'] = 0.0
    width, height = image
    noise = np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8)
    torch.manual_seed(0)
    with DefaultScope.overwrite_default_scope('mmdet'):
        # Without init_weights(), which may ask the network for weights.
        model = revert_sync_batchnorm(MODELS.build(config.model)).eval()
    model.cfg = config
    return cost_of_prediction(model, noise)


def cost_of_prediction(model: nn.Module, image: np.ndarray) -> Cost:
    """Predict one image.

    Args:
        model (nn.Module): A detector with its config in ``cfg``.
        image (np.ndarray): The image, (H, W, 3), BGR, uint8.

    Returns:
        Cost: Its figures.
    """
    seen = []
    hook = model.backbone.register_forward_pre_hook(
        lambda module, inputs: seen.append(tuple(inputs[0].shape[:-3:-1]))
    )
    with (
        DefaultScope.overwrite_default_scope('mmdet'),
        FlopCounterMode(display=False) as counter,
    ):
        inference_detector(model, image)
    hook.remove()
    gflops = counter.get_total_flops() / 1e9
    return Cost(*count_parameters(model), gflops, image.shape[1::-1], seen[0])


def count_parameters(model: nn.Module) -> tuple[int, int]:
    """Count the parameters of a detector.

    Args:
        model (nn.Module): The detector.

    Returns:
        tuple[int, int]: Those that a prediction needs, and all.
    """
    sizes = {name: p.numel() for name, p in model.named_parameters()}
    unused = getattr(model, 'training_only', ())
    needed = (n for name, n in sizes.items() if name.split('.')[0] not in unused)
    return sum(needed), sum(sizes.values())


def logged_times(run: WorkDir) -> dict[str, float]:
    """Take the median of the times that a run has logged.

    Args:
        run (WorkDir): The run.

    Returns:
        dict[str, float]: Name in the report -> seconds, median over the log.
    """
    logs = {
        'training, s per iteration': run.steps,
        'validation, s per batch': run.validations,
    }
    times = {
        name: [row['time'] for row in rows if 'time' in row]
        for name, rows in logs.items()
    }
    return {name: statistics.median(found) for name, found in times.items() if found}
