import math

import torch.nn.functional as F
from mmdet.registry import MODELS
from mmdet.structures import DetDataSample

from .degrading_preprocessor import DegradingPreprocessor, scale_boxes


@MODELS.register_module()
class UpscaledInputPreprocessor(DegradingPreprocessor):
    """The up-scaled input baseline: LR images, enlarged before the detector.

    The same LR image that :class:`PairedResolutionPreprocessor` makes is enlarged
    ``input_scale`` times by bilinear interpolation, so the detector sees
    ``(N, 3, f*H, f*W)`` without the detail of the HR image. With
    ``test_mode='native'`` the image of the pipeline is the LR image.

    Args:
        input_scale (float, optional): ``f``, side of what the detector sees over side
            of LR, at least 1. Defaults to None, ``scale_factor``.
        with_hr (bool): Hand the HR image to the detector in training, as
            ``hr_inputs``; for :class:`DistilledDetector`.
        **kwargs: Arguments of :class:`DegradingPreprocessor`, but for
            ``frame``: the detector finds boxes in the enlarged image.

    Raises:
        ValueError: As :class:`DegradingPreprocessor`, or ``input_scale`` is below 1.
    """

    def __init__(
        self,
        *args,
        input_scale: float | None = None,
        with_hr: bool = False,
        **kwargs,
    ) -> None:
        if input_scale is not None and not 1 <= input_scale < math.inf:
            raise ValueError(
                f'data_preprocessor.input_scale is {input_scale}; '
                'it must be at least 1.'
            )
        super().__init__(*args, frame='hr', **kwargs)
        self.input_scale = input_scale or self.scale_factor
        self.with_hr = with_hr

    def forward(self, data: dict, training: bool = False) -> dict:
        """Normalise, pad, degrade and enlarge a batch.

        Args:
            data (dict): ``inputs``, a list of N images ``(3, h, w)`` or a
                tensor ``(N, 3, h, w)``, and ``data_samples``.
            training (bool): Whether the batch is for training.

        Returns:
            dict: ``inputs`` ``(N, 3, f*H, f*W)``, rounded down,
            ``data_samples``, boxes and meta in pixels of the enlarged image, and, in
            training when ``with_hr``, ``hr_inputs`` ``(N, 3, r*H, r*W)``.
        """
        data, hr = self.degrade_batch(data, training)
        data['inputs'] = F.interpolate(
            data['inputs'], scale_factor=self.input_scale, mode='bilinear'
        )
        if self.input_scale != self.scale_factor:
            for sample in data['data_samples'] or ():
                self._to_input_frame(sample, data['inputs'].shape[-2:], training)
        if training and self.with_hr:
            data['hr_inputs'] = hr
        return data

    def _to_input_frame(
        self, sample: DetDataSample, size: tuple[int, int], training: bool
    ) -> None:
        """Scale meta, boxes and masks of one sample from HR pixels, in place."""
        factor = self.input_scale / self.scale_factor
        scale = sample.metainfo.get('scale_factor', (1.0, 1.0))
        sides = {
            name: tuple(math.floor(factor * side) for side in sample.get(name)[:2])
            for name in ('img_shape', 'pad_shape')
        }
        sample.set_metainfo(
            dict(
                **sides,
                batch_input_shape=tuple(size),
                scale_factor=tuple(factor * float(x) for x in scale[:2]),
            )
        )
        names = ('gt_instances', 'ignored_instances') if training else ()
        for instances in (sample.get(name) for name in ('proposals', *names)):
            if instances is None:
                continue
            scale_boxes(instances, factor)
            if 'masks' in instances:
                instances.masks = instances.masks.resize(sides['img_shape'])
