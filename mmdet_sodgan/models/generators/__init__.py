from .pyramid_generator import PyramidGenerator
from .roi_generator import RoIGenerator

__all__ = ['PyramidGenerator', 'RoIGenerator']
