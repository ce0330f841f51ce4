from .image_generator import ImageGenerator
from .pyramid_generator import PyramidGenerator

__all__ = ['ImageGenerator', 'PyramidGenerator']
