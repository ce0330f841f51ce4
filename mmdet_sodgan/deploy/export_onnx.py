"""Export a detector to a file that onnxruntime has agreed with."""

import os
import tempfile
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import torch
from mmdet.models.detectors import TwoStageDetector
from mmdet.structures import DetDataSample
from torch import Tensor

from ..utils.extras import require
from .agreement import BOX_TOLERANCE, SCORE_TOLERANCE, Agreement, agreement
from .metadata import describe_model
from .onnx_detector import OnnxDetector, all_detail

OUTPUTS = ('boxes', 'scores', 'labels')
# RoiAlign with half pixels is in 16, and every onnxruntime of today reads 17.
_OPSET = 17


class DisagreementError(ValueError):
    """onnxruntime and PyTorch give other detections, or there are none to compare."""


def export_onnx(
    model: TwoStageDetector, path: str | os.PathLike, images: Sequence[np.ndarray]
) -> Agreement:
    """Write the network of test time, and compare it with mmdet's own test.

    The file appears under its name only where they agree.

    Args:
        model (TwoStageDetector): From mmdet's ``init_detector``, on the CPU; one
            with :class:`PairedResolutionPreprocessor` in its mode 'native'.
        path (str | os.PathLike): The file, ``.onnx``.
        images (Sequence[ndarray]): BGR images ``(h, w, 3)`` with objects, to
            compare the detections on, each as it is and in a batch with its mirror
            images.

    Returns:
        Agreement: Over all these batches.

    Raises:
        ValueError: A part of the detector cannot be exported; names it.
        DisagreementError: A detection differs by more than 0.5 px or a score of
            0.001, or there are no detections.
    """
    require('onnxruntime', 'export')
    path = Path(path)
    # On the same file system, so that the last step moves it in one piece.
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        made = Path(folder, 'model.onnx')
        write_onnx(model, made, to_tensor(images[:1]))
        _describe(model, made)
        found = compare_onnx(model, made, _check_batches(images))
        if found.unmatched:
            raise DisagreementError(
                f'onnxruntime and PyTorch disagree: {found.unmatched} detections '
                f'(PyTorch: {found.count}) have no partner within {BOX_TOLERANCE} px '
                f'and a score of {SCORE_TOLERANCE}; {path} was not written.'
            )
        if not found.count:
            raise DisagreementError(
                'The detector finds nothing in the images of the comparison, so that '
                f'nothing was compared; {path} was not written: give images with '
                'objects.'
            )
        os.replace(made, path)
    return found


def compare_onnx(
    model: TwoStageDetector,
    path: str | os.PathLike,
    batches: Iterator[list[np.ndarray]],
) -> Agreement:
    """Compare an exported file in onnxruntime with the detector in PyTorch.

    Args:
        model (TwoStageDetector): The detector that was exported.
        path (str | os.PathLike): The file.
        batches (Iterator[list[ndarray]]): BGR images ``(h, w, 3)``, of one size in
            each batch.

    Returns:
        Agreement: Over all images.
    """
    session = open_session(path)
    cfg = model.roi_head.test_cfg
    total = Agreement()
    for batch in batches:
        outputs = session.run(OUTPUTS, dict(images=to_tensor(batch).numpy()))
        with all_detail(model):
            reference = detect(model, batch)
        for expected, *found in zip(reference, *outputs, strict=True):
            found = tuple(x[found[2] >= 0] for x in found)
            total |= agreement(expected, found, cfg.score_thr, cfg.max_per_img)
    return total


def open_session(path: str | os.PathLike):
    """Open an inference session on the CPU with as many threads as PyTorch has."""
    runtime = require('onnxruntime', 'export')
    options = runtime.SessionOptions()
    options.intra_op_num_threads = torch.get_num_threads()
    # Else its threads take a core from whatever runs next for a while.
    options.add_session_config_entry('session.force_spinning_stop', '1')
    return runtime.InferenceSession(
        os.fspath(path), options, providers=['CPUExecutionProvider']
    )


def to_tensor(images: Sequence[np.ndarray]) -> Tensor:
    """Turn BGR images ``(h, w, 3)`` of one size into RGB ``(N, 3, h, w)``."""
    batch = np.stack(images)[..., ::-1].transpose(0, 3, 1, 2)
    return torch.from_numpy(np.ascontiguousarray(batch, np.float32))


@torch.no_grad()
def detect(
    model: TwoStageDetector, images: Sequence[np.ndarray]
) -> list[tuple[np.ndarray, ...]]:
    """Detect with mmdet's own test step, the reference of an export.

    Args:
        model (TwoStageDetector): The detector.
        images (Sequence[ndarray]): BGR images ``(h, w, 3)``, not resized.

    Returns:
        list[tuple[ndarray, ...]]: Of each image boxes ``(n, 4)``, x1, y1, x2, y2 in
        its pixels, scores ``(n,)`` and labels ``(n,)``.
    """
    inputs = [torch.from_numpy(image.transpose(2, 0, 1).copy()) for image in images]
    samples = []
    for image in images:
        shape = image.shape[:2]
        meta = dict(ori_shape=shape, img_shape=shape, scale_factor=(1.0, 1.0))
        samples.append(DetDataSample(metainfo=meta))
    results = model.test_step(dict(inputs=inputs, data_samples=samples))
    found = [result.pred_instances.cpu() for result in results]
    return [(x.bboxes.numpy(), x.scores.numpy(), x.labels.numpy()) for x in found]


def write_onnx(
    model: TwoStageDetector, path: str | os.PathLike, example: Tensor
) -> None:
    """Write the network of test time, without a comparison and a description.

    Args:
        model (TwoStageDetector): As of :func:`export_onnx`.
        path (str | os.PathLike): The file.
        example (Tensor): RGB images ``(N, 3, h, w)``, 0 to 255, which are traced;
            the file takes any other number and size.

    Raises:
        ValueError: A part of the detector cannot be exported; names it.
    """
    require('onnx', 'export')
    names = {0: 'N', 1: 'K'}
    with warnings.catch_warnings():
        # The warnings are of checks of shapes, which hold for all sizes, and of the
        # exporter's age.
        warnings.simplefilter('ignore')
        torch.onnx.export(
            OnnxDetector(model),
            (example,),
            path,
            # The exporter that takes `symbolic` of nms.py and roi_pooling.py, which
            # inlining would pass by.
            dynamo=False,
            autograd_inlining=False,
            opset_version=_OPSET,
            input_names=['images'],
            output_names=list(OUTPUTS),
            dynamic_axes=dict(
                images={0: 'N', 2: 'H', 3: 'W'}, **dict.fromkeys(OUTPUTS, names)
            ),
        )


def _describe(model: TwoStageDetector, path: Path) -> None:
    """Check the file, and write into it what cannot be seen in it."""
    onnx = require('onnx', 'export')
    proto = onnx.load(path)
    onnx.helper.set_model_props(proto, describe_model(model))
    onnx.checker.check_model(proto)
    onnx.save(proto, path)


def _check_batches(images: Sequence[np.ndarray]) -> Iterator[list[np.ndarray]]:
    """Yield each image, and a batch of three of another size."""
    for image in images:
        yield [image]
        height, width = (side * 4 // 5 for side in image.shape[:2])
        cut = image[:height, :width]
        yield [cut, cut[:, ::-1], cut[::-1]]
