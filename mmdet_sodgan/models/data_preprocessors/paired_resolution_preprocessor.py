"""LR/HR pairs; shapes and frames are those of :mod:`.degrading_preprocessor`."""

from mmdet.models.data_preprocessors import DetDataPreprocessor
from mmdet.registry import MODELS
from torch import Tensor

from .degrading_preprocessor import DegradingPreprocessor


@MODELS.register_module()
class PairedResolutionPreprocessor(DegradingPreprocessor):
    """Make (LR, HR) pairs out of the images that a pipeline loads.

    The detector gets the degraded image as ``inputs``, with boxes, masks and meta
    divided by ``scale_factor``, and in training the HR image as ``hr_inputs``.

    Args:
        with_hr (bool): Hand the HR image to the detector in training. False
            for a baseline trained on the LR image alone.
        **kwargs: Arguments of :class:`DegradingPreprocessor`.

    Raises:
        ValueError: As :class:`DegradingPreprocessor`.
    """

    def __init__(self, *args, with_hr: bool = True, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.with_hr = with_hr

    def forward(self, data: dict, training: bool = False) -> dict:
        """Normalise, pad and pair a batch.

        Args:
            data (dict): ``inputs``, a list of N images ``(3, h, w)`` or a
                tensor ``(N, 3, h, w)``, and ``data_samples``.
            training (bool): Whether the batch is for training.

        Returns:
            dict: ``inputs`` ``(N, 3, H, W)``, ``data_samples`` and, in training when
            ``with_hr``, ``hr_inputs`` ``(N, 3, r*H, r*W)``.
        """
        data, hr = self.degrade_batch(data, training)
        if training and self.with_hr:
            data['hr_inputs'] = hr
        return data


def check_pairs(preprocessor: DetDataPreprocessor, frame: str) -> None:
    """Refuse a data preprocessor that makes no pairs, or other boxes.

    Args:
        preprocessor (DetDataPreprocessor): The detector's.
        frame (str): 'lr' or 'hr', pixels in which the detector finds boxes.

    Raises:
        ValueError: It is another, or gives boxes in another frame.
    """
    if not isinstance(preprocessor, PairedResolutionPreprocessor):
        raise ValueError(
            f'model.data_preprocessor is a {type(preprocessor).__name__}; SODGAN needs '
            "type='PairedResolutionPreprocessor'."
        )
    if preprocessor.frame != frame:
        raise ValueError(
            f"data_preprocessor.frame is '{preprocessor.frame}' but this detector "
            f"finds boxes in pixels of the {frame.upper()} image; set it to '{frame}'."
        )


def require_hr(hr_images: Tensor | None) -> Tensor:
    """Refuse a batch without the HR images that a term needs.

    Args:
        hr_images (Tensor, optional): ``(N, 3, r*H, r*W)``.

    Returns:
        Tensor: The same.

    Raises:
        ValueError: There are none.
    """
    if hr_images is None:
        raise ValueError(
            'the loss needs z_HR but the batch has no HR images; set '
            'data_preprocessor.with_hr=True.'
        )
    return hr_images
