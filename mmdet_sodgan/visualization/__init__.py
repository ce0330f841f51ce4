from .comparison_figure import ComparedImage, save_comparison
from .feature_map import feature_map_image
from .gan_pictures import judged_picture, maps_picture

__all__ = [
    'ComparedImage',
    'feature_map_image',
    'judged_picture',
    'maps_picture',
    'save_comparison',
]
