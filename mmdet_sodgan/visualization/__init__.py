from .comparison_figure import ComparedImage, save_comparison
from .drawing import draw_boxes, fit_picture
from .gan_pictures import feature_map_image, maps_picture, rois_picture

__all__ = [
    'ComparedImage',
    'draw_boxes',
    'feature_map_image',
    'fit_picture',
    'rois_picture',
    'maps_picture',
    'save_comparison',
]
