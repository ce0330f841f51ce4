from .drawing import draw_boxes, fit_picture
from .gan_pictures import feature_map_image, maps_picture, rois_picture

__all__ = [
    'draw_boxes',
    'feature_map_image',
    'fit_picture',
    'rois_picture',
    'maps_picture',
]
