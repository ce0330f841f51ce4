from .comparison_figure import ComparedImage, save_comparison
from .draw_boxes import draw_boxes
from .feature_map import feature_map_image
from .fit_picture import fit_picture
from .gan_pictures import maps_picture, rois_picture

__all__ = [
    'ComparedImage',
    'draw_boxes',
    'feature_map_image',
    'fit_picture',
    'rois_picture',
    'maps_picture',
    'save_comparison',
]
