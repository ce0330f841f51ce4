import copy
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import cv2
import numpy as np
from mmdet.apis import DetInferencer
from mmdet.datasets.transforms import InferencerLoader
from mmdet.structures import DetDataSample
from mmdet.visualization import get_palette
from mmengine.config import Config

from mmdet_sodgan.datasets.class_names import name_classes
from mmdet_sodgan.datasets.image_checks import find_depth_problems, loader_backend
from mmdet_sodgan.utils.check_device import check_device
from mmdet_sodgan.utils.errors import one_line
from mmdet_sodgan.utils.image_bounds import (
    MAX_PIXELS,
    check_image_size,
    without_pillow_bound,
)
from mmdet_sodgan.utils.read_config import read_config
from mmdet_sodgan.utils.without_prints import without_prints
from mmdet_sodgan.visualization import draw_boxes

from .checkpoint_config import read_checkpoint_config
from .native_test import use_native_test
from .prediction import Prediction
from .safe_loading import enable_safe_loading
from .slicing import SlicedInferencer


class _Inferencer(DetInferencer):
    """mmdet's inferencer, which makes sure that the weights and their names fit."""

    def _init_model(self, cfg, weights, device='cpu'):
        self._path = weights
        return super()._init_model(cfg, weights, device)

    def _load_weights_to_model(self, model, checkpoint, cfg):
        super()._load_weights_to_model(model, checkpoint, cfg)
        name_classes(model, cfg, checkpoint, self._path)


class Predictor:
    """A detector that is loaded once and asked many times.

    It wraps mmdet's ``DetInferencer`` and adds a bound on the size of images,
    errors that belong to one image, native input and slices. It must not be used
    by several threads at a time.

    Args:
        config (str | Path | Config | None): The detector's config, which stays as it
            is. None for that in the checkpoint; see :func:`read_checkpoint_config`.
        checkpoint (str | Path): Its weights.
        device (str | None): As torch names it. Defaults to None, CUDA where it is
            there.
        native (bool): Take an image as low-resolution input, as it is; see
            :func:`use_native_test`. Defaults to False.
        cfg_options (Mapping | None): Value by dotted key, laid over the config.
        slice_side (int | None): Detect in square slices of so many pixels of the
            image, through SAHI. Defaults to None, in the whole image.
        overlap (float): How much neighbouring slices overlap, as part of their side.
        max_pixels (int): Width times height of an image file that is still read.

    Attributes:
        classes (tuple[str, ...]): Name of each label.
        inferencer (DetInferencer): mmdet's inferencer, which does the work.

    Raises:
        ValueError: There is no such config or device, the config has no native
            mode, or the class names do not fit; see :func:`name_classes`.
        CheckpointError: The checkpoint is missing or refused, or holds no config where
            none is given.
        SystemExit: ``slice_side`` is given and SAHI is not installed.
    """

    def __init__(
        self,
        config: str | Path | Config | None,
        checkpoint: str | Path,
        *,
        device: str | None = None,
        native: bool = False,
        cfg_options: Mapping | None = None,
        slice_side: int | None = None,
        overlap: float = 0.2,
        max_pixels: int = MAX_PIXELS,
    ) -> None:
        if config is None:
            config = read_checkpoint_config(checkpoint)
        if isinstance(config, Config):
            config = copy.deepcopy(config)
            config.merge_from_dict(dict(cfg_options or {}))
        else:
            config = read_config(config, cfg_options)
        if device is not None:
            check_device(device)
        if native:
            use_native_test(config)
        enable_safe_loading()
        with without_prints():
            self.inferencer = _Inferencer(
                config, str(checkpoint), device=device, show_progress=False
            )
        self.classes = tuple(self.inferencer.model.dataset_meta['classes'])
        self.max_pixels = max_pixels
        (loader,) = (
            step
            for step in self.inferencer.pipeline.transforms
            if isinstance(step, InferencerLoader)
        )
        self._from_file = loader.from_file
        self._sliced = None
        if slice_side is not None:
            self._sliced = SlicedInferencer(self.inferencer, slice_side, overlap)

    def __call__(self, image: str | Path | np.ndarray) -> DetDataSample:
        """Detect in one image.

        Args:
            image (str | Path | np.ndarray): File, or ``(H, W, 3)``, BGR, uint8.

        Returns:
            DetDataSample: As in :class:`Prediction`.

        Raises:
            ValueError: The image cannot be read or is too large.
        """
        (prediction,) = self.stream([('image', image)])
        if prediction.error is not None:
            raise ValueError(prediction.error)
        return prediction.sample

    def stream(
        self,
        images: Iterable[tuple[str, str | Path | np.ndarray]],
        batch_size: int = 1,
    ) -> Iterator[Prediction]:
        """Detect in many images, and go on where one cannot be used.

        Args:
            images (Iterable[tuple]): Name and image, as for :meth:`__call__`.
            batch_size (int): Images that the detector gets at a time; slices come
                one by one.

        Yields:
            Prediction: What was found in each image, in order, as soon as its batch
            is done.

        Raises:
            ValueError: ``batch_size`` is below 1.
        """
        if batch_size < 1:
            raise ValueError(f'batch_size is {batch_size}, must be at least 1.')
        batch = []
        for name, image in images:
            batch.append(self._prepare(name, image))
            if len(batch) == batch_size:
                yield from self._finish(batch)
                batch = []
        yield from self._finish(batch)

    def load(self, path: str | Path) -> np.ndarray:
        """Read an image as the config's test pipeline does.

        Args:
            path (str | Path): The file.

        Returns:
            np.ndarray: ``(H, W, 3)``, BGR.

        Raises:
            ValueError: It cannot be read, is too large, or has more than 8 bits,
                which the loader would cut off; one sentence.
        """
        check_image_size(path, self.max_pixels)
        for problem in find_depth_problems(path, loader_backend([self._from_file])):
            raise ValueError(problem.sentence(f'{path}'))
        try:
            with without_pillow_bound():
                return self._from_file(dict(img_path=str(path)))['img']
        # mmcv asserts that OpenCV gave an image.
        except (OSError, SyntaxError, ValueError, AssertionError, cv2.error) as error:
            raise ValueError(
                f'{path} cannot be read: {one_line(error).rstrip(".")}.'
            ) from error

    def draw(
        self, image: np.ndarray, sample: DetDataSample, score_thr: float = 0.3
    ) -> np.ndarray:
        """Draw boxes with class and score, and masks where there are any.

        Args:
            image (np.ndarray): ``(H, W, 3)``, BGR.
            sample (DetDataSample): What was found in it.
            score_thr (float): Scores above are drawn, the highest on top.

        Returns:
            np.ndarray: ``(H, W, 3)``, BGR, uint8.
        """
        found = sample.pred_instances.cpu()
        found = found[found.scores > score_thr]
        found = found[found.scores.argsort(stable=True)]
        palette = get_palette(
            self.inferencer.visualizer.dataset_meta.get('palette', 'random'),
            len(self.classes),
        )
        picture = draw_boxes(
            np.ascontiguousarray(image[..., ::-1]),
            found.bboxes.numpy(),
            [palette[label] for label in found.labels],
            [
                f'{self.classes[label]} {score:.2f}'
                for label, score in zip(found.labels, found.scores, strict=True)
            ],
            np.asarray(found.masks) if 'masks' in found else None,
        )
        return np.ascontiguousarray(picture[..., ::-1])

    def _prepare(self, name: str, image: str | Path | np.ndarray) -> tuple:
        """Load an image and run the test pipeline on it."""
        try:
            loaded = image if isinstance(image, np.ndarray) else self.load(image)
            if loaded.ndim != 3 or loaded.shape[2] != 3 or loaded.dtype != np.uint8:
                raise ValueError(
                    f'{name} is {loaded.dtype} of shape {loaded.shape}, must be uint8 '
                    'of (height, width, 3), BGR.'
                )
            data = None if self._sliced else self._transform(name, loaded)
        except ValueError as error:
            return Prediction(name, error=str(error)), None
        return Prediction(name, loaded), data

    def _transform(self, name: str, image: np.ndarray) -> dict:
        try:
            return self.inferencer.pipeline(image)
        # OpenCV says in this way that a side would shrink to nothing.
        except cv2.error as error:
            height, width = image.shape[:2]
            raise ValueError(
                f'{name} of {width} x {height} pixels cannot be resized: '
                f'{one_line(error).rstrip(".")}.'
            ) from error

    def _finish(self, batch: list[tuple]) -> list[Prediction]:
        """Put a batch through the detector."""
        good = [(result, data) for result, data in batch if result.error is None]
        try:
            samples = self._detect(good)
        # Whatever one image makes the detector raise, such as a lack of memory.
        except Exception as error:
            if len(good) > 1:
                return [done for item in batch for done in self._finish([item])]
            good[0][
                0
            ].error = f'{good[0][0].name} failed: {one_line(error).rstrip(".")}.'
        else:
            for (result, _), sample in zip(good, samples, strict=True):
                result.sample = sample
        return [result for result, _ in batch]

    def _detect(self, batch: list[tuple]) -> list[DetDataSample]:
        """Put images that were prepared through the detector."""
        if self._sliced:
            return [self._sliced(result.image) for result, _ in batch]
        if not batch:
            return []
        data = self.inferencer.collate_fn([data for _, data in batch])
        return self.inferencer.forward(data)
