from .pyramid_generator import PyramidGenerator

__all__ = ['PyramidGenerator']
