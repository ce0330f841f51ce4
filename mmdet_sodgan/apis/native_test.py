from mmdet.registry import MODELS
from mmengine.config import Config

from ..models import DegradingPreprocessor

_RESIZES = ('Resize', 'FixScaleResize', 'mmdet.Resize', 'mmdet.FixScaleResize')


def has_native_test(cfg: Config) -> bool:
    """Tell whether a detector can take its test images as low-resolution input.

    Args:
        cfg (Config): The detector's.
    """
    found = MODELS.get(cfg.model.data_preprocessor.type)
    return found is not None and issubclass(found, DegradingPreprocessor)


def use_native_test(cfg: Config) -> None:
    """Make a config take test images as low-resolution input, as they are.

    The test pipeline of such a config loads the high-resolution image; its
    resizing steps are divided by ``r``, so that objects keep the size in
    pixels at which the detector was trained. Changed in place.

    Args:
        cfg (Config): Of a detector whose data preprocessor degrades images, be it
            SODGAN's pairs or a baseline with up-scaled input.

    Raises:
        ValueError: The detector has another data preprocessor.
    """
    preprocessor = cfg.model.data_preprocessor
    if not has_native_test(cfg):
        raise ValueError(
            f"model.data_preprocessor.type is '{preprocessor.type}'; only "
            "'PairedResolutionPreprocessor' and 'UpscaledInputPreprocessor' have a "
            'native test mode.'
        )
    preprocessor.test_mode = 'native'
    r = preprocessor.get('scale_factor', 2)
    for step in cfg.test_dataloader.dataset.pipeline:
        if step['type'] in _RESIZES and 'scale_factor' in step:
            step['scale_factor'] /= r
        elif step['type'] in _RESIZES:
            step['scale'] = tuple(side // r for side in step['scale'])
