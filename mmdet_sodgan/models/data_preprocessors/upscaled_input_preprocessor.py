import torch.nn.functional as F
from mmdet.registry import MODELS

from .degrading_preprocessor import DegradingPreprocessor


@MODELS.register_module()
class UpscaledInputPreprocessor(DegradingPreprocessor):
    """The up-scaled input baseline: LR images, enlarged before the detector.

    The same LR image that :class:`PairedResolutionPreprocessor` makes is
    enlarged ``scale_factor`` times by bilinear interpolation, so the detector
    sees ``(N, 3, r*H, r*W)`` without the detail of the HR image. With
    ``test_mode='native'`` the image of the pipeline is the LR image.

    Args:
        **kwargs: Arguments of :class:`DegradingPreprocessor`, but for
            ``frame``: the detector finds boxes in the enlarged image.

    Raises:
        ValueError: As :class:`DegradingPreprocessor`.
    """

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, frame='hr', **kwargs)

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
        data, _ = self.degrade_batch(data, training)
        data['inputs'] = F.interpolate(
            data['inputs'], scale_factor=self.scale_factor, mode='bilinear'
        )
        return data
