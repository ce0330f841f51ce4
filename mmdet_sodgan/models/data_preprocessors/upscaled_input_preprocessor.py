import torch.nn.functional as F
from mmdet.registry import MODELS

from .paired_resolution_preprocessor import PairedResolutionPreprocessor


@MODELS.register_module()
class UpscaledInputPreprocessor(PairedResolutionPreprocessor):
    """The up-scaled input baseline: LR images, enlarged before the detector.

    The same LR image that :class:`PairedResolutionPreprocessor` makes is
    enlarged ``scale_factor`` times by bilinear interpolation, so the detector
    sees ``(N, 3, r*H, r*W)`` without the detail of the HR image. With
    ``test_mode='native'`` the image of the pipeline is the LR image.

    Args:
        **kwargs: Arguments of :class:`PairedResolutionPreprocessor`, but for
            ``with_hr`` and ``frame``: a baseline gets no HR image, and its
            detector finds boxes in the enlarged one.

    Raises:
        ValueError: As :class:`PairedResolutionPreprocessor`.
    """

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, with_hr=False, frame='hr', **kwargs)

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
        data = super().forward(data, training)
        data['inputs'] = F.interpolate(
            data['inputs'], scale_factor=self.scale_factor, mode='bilinear'
        )
        return data
