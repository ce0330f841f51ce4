"""A trained detector that takes images at the low resolution, and such images."""

from collections.abc import Sequence

import mmcv
import numpy as np
from mmdet.apis import init_detector
from mmdet.models.detectors import BaseDetector
from mmengine.config import Config
from mmengine.runner import CheckpointLoader

from ..apis import enable_safe_loading
from ..apis.native_test import has_native_test, use_native_test
from ..datasets.class_names import name_classes
from ..datasets.synthetic.renderer import render_image
from ..utils.image_bounds import check_image_size
from ..utils.read_config import read_config
from .metadata import find_resize

# The size where the test pipeline gives none.
_SIDES = [320, 240]


def load_native(config: str, checkpoint: str) -> BaseDetector:
    """Load a detector for images as they are, on the CPU.

    A paired config degrades its test images; what is exported takes the low-resolution
    image itself.

    Args:
        config (str): Path of the config.
        checkpoint (str): Path or address of the weights.

    Returns:
        BaseDetector: In evaluation mode, with its config and ``dataset_meta``.

    Raises:
        CheckpointError: The checkpoint cannot be loaded.
        ValueError: There is no such config, or the class names do not fit; see
            :func:`name_classes`.
    """
    cfg = read_config(config)
    if has_native_test(cfg):
        use_native_test(cfg)
    enable_safe_loading()
    model = init_detector(cfg, checkpoint, device='cpu')
    weights = CheckpointLoader.load_checkpoint(checkpoint, 'cpu', logger='silent')
    name_classes(model, cfg, weights, checkpoint)
    return model


def read_images(paths: Sequence[str], cfg: Config) -> list[np.ndarray]:
    """Read images and resize them as the test pipeline does.

    Args:
        paths (Sequence[str]): The files.
        cfg (Config): The config of a detector from :func:`load_native`.

    Returns:
        list[ndarray]: BGR ``(h, w, 3)``, uint8.

    Raises:
        ValueError: A file is missing, is no image, or is too large.
    """
    resize = find_resize(cfg)
    images = []
    for path in paths:
        check_image_size(path)
        image = mmcv.imread(path)
        if image is None:
            raise ValueError(f'{path} cannot be read: OpenCV cannot decode it.')
        if resize is not None:
            step = mmcv.imrescale if resize['keep_ratio'] else mmcv.imresize
            image = step(image, tuple(resize['scale']))
        images.append(image)
    return images


def make_images(cfg: Config, count: int = 2) -> list[np.ndarray]:
    """Render synthetic images of the size that the detector is tested at.

    Args:
        cfg (Config): The config of a detector from :func:`load_native`.
        count (int): How many.

    Returns:
        list[ndarray]: BGR ``(h, w, 3)``, uint8, always the same.
    """
    rng = np.random.default_rng(0)
    size = tuple((find_resize(cfg) or dict(scale=_SIDES))['scale'])
    return [render_image(rng, size, 6, (6, 40), (8, 16))[0] for _ in range(count)]
