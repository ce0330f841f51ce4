"""LR images made on the device from those of any MMDetection pipeline.

Shapes, with ``r`` the scale factor and ``d`` the pad divisor:

    HR ``(N, 3, r*H, r*W)``, both sides divisible by ``r*d``
    LR ``(N, 3, H, W)``, exactly ``1/r`` of it

Boxes and meta are in LR pixels, or stay in HR pixels for a detector that looks at
an image of HR size (``frame``).
"""

import math

import torch
import torch.nn.functional as F
from mmdet.models.data_preprocessors import DetDataPreprocessor
from mmdet.registry import MODELS
from mmdet.structures import DetDataSample
from mmengine.structures import InstanceData, PixelData
from torch import Tensor

_SCALE_FACTORS = (2, 4)
_TEST_MODES = ('paired', 'native')
_FRAMES = ('lr', 'hr')


class DegradingPreprocessor(DetDataPreprocessor):
    """Make low-resolution images out of those that a pipeline loads.

    In training the pipeline's image is the HR image and is degraded. At test time
    ``test_mode='paired'`` degrades it in the same way (the benchmark's setting) and
    ``test_mode='native'`` takes it as the LR image. Predictions come out in the
    coordinates of the original image either way, because the ``scale_factor`` in the
    meta is divided, too. What becomes of both images, a subclass says.

    With ``frame='hr'`` boxes, masks and meta are those of the HR image: as they
    come where the image is degraded, and the meta of a native LR image
    multiplied by ``scale_factor``.

    Args:
        scale_factor (int): ``r``, side of HR over side of LR; 2 or 4.
        test_mode (str): 'paired' or 'native'.
        frame (str): Pixels in which the detector finds boxes: 'lr', those of
            the LR image, or 'hr', for a detector that enlarges it first.
        degradation (dict, optional): Config of :class:`Degradation`.
        pad_size_divisor (int): ``d``; LR sides are padded to a multiple.
        **kwargs: Arguments of mmdet's ``DetDataPreprocessor``.

    Attributes:
        input_scale (float): Side of what the detector sees over side of LR.

    Raises:
        ValueError: ``scale_factor`` is not 2 or 4, or an unknown
            ``test_mode`` or ``frame``.
    """

    input_scale = 1.0

    def __init__(
        self,
        *args,
        scale_factor: int = 2,
        test_mode: str = 'paired',
        frame: str = 'lr',
        degradation: dict | None = None,
        pad_size_divisor: int = 1,
        **kwargs,
    ) -> None:
        if scale_factor not in _SCALE_FACTORS:
            raise ValueError(
                f'data_preprocessor.scale_factor (r) is {scale_factor}; '
                f'it must be one of {_SCALE_FACTORS}.'
            )
        for name, value, known in (
            ('test_mode', test_mode, _TEST_MODES),
            ('frame', frame, _FRAMES),
        ):
            if value not in known:
                raise ValueError(
                    f"data_preprocessor.{name} is '{value}'; choose one of {known}."
                )
        super().__init__(*args, pad_size_divisor=pad_size_divisor, **kwargs)
        self.scale_factor = scale_factor
        self.test_mode = test_mode
        self.frame = frame
        self.lr_pad_size_divisor = pad_size_divisor
        # Pipelines load BGR; the JPEG encoder must know what it gets.
        self.is_rgb = kwargs.get('bgr_to_rgb', False)
        self.degradation = MODELS.build(dict(type='Degradation') | (degradation or {}))

    def degrade_batch(self, data: dict, training: bool) -> tuple[dict, Tensor | None]:
        """Normalise, pad and degrade a batch.

        Args:
            data (dict): ``inputs``, a list of N images ``(3, h, w)`` or a
                tensor ``(N, 3, h, w)``, and ``data_samples``.
            training (bool): Whether the batch is for training.

        Returns:
            tuple[dict, Tensor | None]: LR ``inputs`` ``(N, 3, H, W)`` and
            ``data_samples``; the HR images ``(N, 3, r*H, r*W)``, None for native LR
            images.
        """
        if not training and self.test_mode == 'native':
            return self._native_batch(data), None
        divisor = self.lr_pad_size_divisor * self.scale_factor
        # mmengine and mmdet both read the divisor from the attribute.
        self.pad_size_divisor = divisor
        data = super().forward(data, training)
        samples = data['data_samples']
        # A batch augmentation (BatchSyncRandomResize) may have left sides
        # that the divisor does not divide.
        hr = pad_to_divisor(data['inputs'], divisor, self.pad_value)
        self.degradation.train(training)
        data['inputs'] = lr = self._degrade(hr, samples)
        for sample in samples or ():
            if self.frame == 'hr':
                sample.set_metainfo(dict(batch_input_shape=tuple(hr.shape[-2:])))
            else:
                self._to_lr_frame(sample, lr.shape[-2:], training)
        return data, hr

    def _native_batch(self, data: dict) -> dict:
        """Normalise and pad images that are the LR images."""
        self.pad_size_divisor = self.lr_pad_size_divisor
        data = super().forward(data, False)
        if self.frame == 'hr':
            for sample in data['data_samples'] or ():
                self._meta_to_hr_frame(sample)
        return data

    def _degrade(self, hr: Tensor, samples: list[DetDataSample] | None) -> Tensor:
        """Degrade each image in grey levels, without its padding.

        An LR image thus does not depend on the others in its batch.
        """
        r = self.scale_factor
        lr = hr.new_full((*hr.shape[:2], *self._lr_shape(hr.shape[2:])), self.pad_value)
        for i, image in enumerate(hr):
            h, w = hr.shape[2:] if samples is None else samples[i].img_shape[:2]
            image = image[None, :, :h, :w]
            if self._enable_normalize:
                image = self.degradation(image * self.std + self.mean, r, self.is_rgb)
                image = (image - self.mean) / self.std
            else:
                image = self.degradation(image, r, self.is_rgb)
            lr[i, :, : image.shape[2], : image.shape[3]] = image[0]
        return lr

    def _lr_shape(self, shape: tuple) -> tuple[int, int]:
        return tuple(math.ceil(side / self.scale_factor) for side in shape[:2])

    def _to_lr_frame(
        self, sample: DetDataSample, lr_size: torch.Size, training: bool
    ) -> None:
        """Divide meta, boxes and masks of one sample by ``r``, in place."""
        self._meta_to_lr_frame(sample, lr_size)
        self._scale_instances(sample, ('proposals',))
        # MMDetection's test pipelines leave the ground truth in the frame of
        # the original image.
        if training:
            self._scale_instances(sample, ('gt_instances', 'ignored_instances'))
            self._shrink_segmentation(sample)

    def _meta_to_hr_frame(self, sample: DetDataSample) -> None:
        """Multiply the meta of one native LR image by ``r``, in place."""
        r = self.scale_factor
        names = ('img_shape', 'pad_shape', 'batch_input_shape')
        meta = {k: tuple(r * side for side in sample.get(k)[:2]) for k in names}
        scale = sample.metainfo.get('scale_factor', (1.0, 1.0))
        meta['scale_factor'] = tuple(r * float(x) for x in scale[:2])
        sample.set_metainfo(meta)

    def _meta_to_lr_frame(self, sample: DetDataSample, lr_size: torch.Size) -> None:
        """Divide one sample's meta by ``r``, in place."""
        meta = dict(
            img_shape=self._lr_shape(sample.img_shape),
            pad_shape=self._lr_shape(sample.pad_shape),
            batch_input_shape=tuple(lr_size),
        )
        # (w, h) factors from the original image to the network's input.
        scale = sample.metainfo.get('scale_factor', (1.0, 1.0))
        meta['scale_factor'] = tuple(float(x) / self.scale_factor for x in scale[:2])
        sample.set_metainfo(meta)

    def _scale_instances(self, sample: DetDataSample, names: tuple[str, ...]) -> None:
        """Divide boxes and masks by ``r``, in place."""
        r = self.scale_factor
        for instances in (sample.get(name) for name in names):
            if instances is None:
                continue
            scale_boxes(instances, 1 / r)
            if 'masks' in instances:
                masks = instances.masks
                lr_shape = self._lr_shape((masks.height, masks.width))
                # Padded to a multiple of r first, so that the scale is exactly
                # 1/r, as that of the boxes.
                masks = masks.pad(tuple(side * r for side in lr_shape))
                instances.masks = masks.resize(lr_shape)

    def _shrink_segmentation(self, sample: DetDataSample) -> None:
        if 'gt_sem_seg' in sample:
            r = self.scale_factor
            seg = sample.gt_sem_seg.sem_seg
            sample.gt_sem_seg = PixelData(sem_seg=seg[..., ::r, ::r])


def scale_boxes(instances: InstanceData, factor: float) -> None:
    """Multiply the boxes ``(M, 4)`` of one image by ``factor``, in place."""
    if isinstance(instances.bboxes, Tensor):
        instances.bboxes = instances.bboxes * factor
    else:  # a BaseBoxes, kept when boxtype2tensor is False
        instances.bboxes.rescale_((factor, factor))


def pad_to_divisor(images: Tensor, divisor: int, value: float) -> Tensor:
    """Pad images ``(N, C, H, W)`` at the bottom and right with ``value``."""
    height, width = images.shape[-2:]
    bottom, right = -height % divisor, -width % divisor
    return F.pad(images, (0, right, 0, bottom), value=value)
