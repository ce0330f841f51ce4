from .image_generator import ImageGenerator
from .narrow_pyramid_generator import NarrowPyramidGenerator
from .pyramid_generator import PyramidGenerator
from .roi_generator import RoIGenerator

__all__ = [
    'ImageGenerator',
    'NarrowPyramidGenerator',
    'PyramidGenerator',
    'RoIGenerator',
]
