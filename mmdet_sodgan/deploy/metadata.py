import json

from mmdet.models.detectors import BaseDetector
from mmengine.config import Config

from ..version import __version__

_RESIZES = ('Resize', 'FixScaleResize', 'mmdet.Resize', 'mmdet.FixScaleResize')


def find_resize(cfg: Config) -> dict | None:
    """Find out how the test pipeline resizes an image.

    Args:
        cfg (Config): The config of a detector, after ``use_native_test`` where there
            are two resolutions.

    Returns:
        dict | None: ``scale``, width and height in pixels (the longer one first
        where the aspect ratio is kept: the image may lie or stand), and
        ``keep_ratio``.
    """
    for step in cfg.test_dataloader.dataset.pipeline:
        if step['type'] in _RESIZES and 'scale' in step:
            keep_ratio, scale = step.get('keep_ratio', False), list(step['scale'])
            if keep_ratio:
                scale.sort(reverse=True)
            return dict(scale=scale, keep_ratio=keep_ratio)
    return None


def describe_model(model: BaseDetector) -> dict[str, str]:
    """Say what a user of the ONNX file must know and cannot see in it.

    Args:
        model (BaseDetector): As mmdet's ``init_detector`` gives it, with its config
            and the classes of its data set.

    Returns:
        dict[str, str]: ``detector``; ``images``, ``boxes`` and ``labels`` in words;
        ``classes``, a JSON list; ``resize``, JSON of :func:`find_resize`, null where
        images stay as they are; ``mmdet_sodgan``, the version.
    """
    return dict(
        detector=type(model).__name__,
        images='float32 (N, 3, H, W), RGB, 0 to 255, as it is: not normalised',
        boxes='float32 (N, K, 4), x1, y1, x2, y2 in pixels of the images',
        labels='int64 (N, K), index into classes, -1 behind the last detection',
        classes=json.dumps(list(model.dataset_meta['classes'])),
        resize=json.dumps(find_resize(model.cfg)),
        mmdet_sodgan=__version__,
    )
