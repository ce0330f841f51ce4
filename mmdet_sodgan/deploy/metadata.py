import json

from mmdet.models.detectors import BaseDetector

from ..version import __version__

_RESIZES = ('Resize', 'mmdet.Resize')


def describe_model(model: BaseDetector) -> dict[str, str]:
    """What a user of the ONNX file must know and cannot see in it.

    Args:
        model (BaseDetector): As mmdet's ``init_detector`` gives it, with its config
            and the classes of its data set.

    Returns:
        dict[str, str]: ``detector``; ``images``, ``boxes`` and ``labels`` in words;
        ``classes``, a JSON list; ``mmdet_sodgan``, the version; ``resize``, JSON with
        ``scale`` (long and short side in pixels) and ``keep_ratio``, where the test
        pipeline resizes images.
    """
    described = dict(
        detector=type(model).__name__,
        images='float32 (N, 3, H, W), RGB, 0 to 255, as it is: not normalised',
        boxes='float32 (N, K, 4), x1, y1, x2, y2 in pixels of the images',
        labels='int64 (N, K), index into classes, -1 behind the last detection',
        classes=json.dumps(list(model.dataset_meta['classes'])),
        mmdet_sodgan=__version__,
    )
    for step in model.cfg.test_dataloader.dataset.pipeline:
        if step['type'] in _RESIZES and 'scale' in step:
            resize = dict(
                scale=sorted(step['scale'], reverse=True),
                keep_ratio=step.get('keep_ratio', False),
            )
            described['resize'] = json.dumps(resize)
    return described
