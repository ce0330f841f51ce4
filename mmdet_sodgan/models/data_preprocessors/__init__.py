from .degradation import Degradation
from .paired_resolution_preprocessor import PairedResolutionPreprocessor

__all__ = ['Degradation', 'PairedResolutionPreprocessor']
