from .comparison_figure import ComparedImage, save_comparison
from .feature_map import feature_map_image

__all__ = ['ComparedImage', 'feature_map_image', 'save_comparison']
