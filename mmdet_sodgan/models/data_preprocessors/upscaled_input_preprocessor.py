import torch.nn.functional as F
from mmdet.models.data_preprocessors import DetDataPreprocessor
from mmdet.registry import MODELS
from mmdet.structures import DetDataSample

from .paired_resolution_preprocessor import PairedResolutionPreprocessor, pad_to_divisor


@MODELS.register_module()
class UpscaledInputPreprocessor(PairedResolutionPreprocessor):
    """The up-scaled input baseline: LR images, enlarged before the detector.

    The same LR image that :class:`PairedResolutionPreprocessor` makes is
    enlarged ``scale_factor`` times by bilinear interpolation, so the detector
    sees ``(N, 3, r*H, r*W)`` without the detail of the HR image. With
    ``test_mode='native'`` the image of the pipeline is the LR image.

    Args:
        **kwargs: Arguments of :class:`PairedResolutionPreprocessor`, but for
            ``with_hr``: a baseline gets no HR image.

    Raises:
        ValueError: As :class:`PairedResolutionPreprocessor`.
    """

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, with_hr=False, **kwargs)

    def forward(self, data: dict, training: bool = False) -> dict:
        """Normalise, pad, degrade and enlarge a batch.

        Args:
            data (dict): ``inputs``, a list of N images ``(3, h, w)`` or a
                tensor ``(N, 3, h, w)``, and ``data_samples``.
            training (bool): Whether the batch is for training.

        Returns:
            dict: ``inputs`` ``(N, 3, r*H, r*W)`` and ``data_samples``, boxes
            and meta in pixels of the enlarged image.
        """
        r = self.scale_factor
        paired = training or self.test_mode == 'paired'
        self.pad_size_divisor = self.lr_pad_size_divisor * (r if paired else 1)
        data = DetDataPreprocessor.forward(self, data, training)
        if paired:
            self.degradation.train(training)
            hr = pad_to_divisor(data['inputs'], self.pad_size_divisor, self.pad_value)
            lr = self._degrade(hr, data['data_samples'])
        else:
            lr = data['inputs']
            for sample in data['data_samples'] or ():
                self._enlarge_meta(sample)
        data['inputs'] = F.interpolate(lr, scale_factor=r, mode='bilinear')
        return data

    def _enlarge_meta(self, sample: DetDataSample) -> None:
        """Multiply one sample's meta by ``r``, in place."""
        r = self.scale_factor
        names = ('img_shape', 'pad_shape', 'batch_input_shape')
        meta = {k: tuple(r * side for side in sample.get(k)[:2]) for k in names}
        scale = sample.metainfo.get('scale_factor', (1.0, 1.0))
        meta['scale_factor'] = tuple(r * float(x) for x in scale[:2])
        sample.set_metainfo(meta)
