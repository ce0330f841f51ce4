from .degradation import Degradation
from .paired_resolution_preprocessor import PairedResolutionPreprocessor
from .upscaled_input_preprocessor import UpscaledInputPreprocessor

__all__ = ['Degradation', 'PairedResolutionPreprocessor', 'UpscaledInputPreprocessor']
