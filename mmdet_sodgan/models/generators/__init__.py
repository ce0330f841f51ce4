from .image_generator import ImageGenerator
from .pyramid_generator import PyramidGenerator
from .roi_generator import RoIGenerator

__all__ = ['ImageGenerator', 'PyramidGenerator', 'RoIGenerator']
