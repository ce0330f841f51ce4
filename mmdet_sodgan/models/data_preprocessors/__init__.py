from .degradation import Degradation
from .degrading_preprocessor import DegradingPreprocessor
from .paired_resolution_preprocessor import (
    PairedResolutionPreprocessor,
    check_pairs,
    require_hr,
)
from .upscaled_input_preprocessor import UpscaledInputPreprocessor

__all__ = [
    'Degradation',
    'DegradingPreprocessor',
    'PairedResolutionPreprocessor',
    'UpscaledInputPreprocessor',
    'check_pairs',
    'require_hr',
]
