from .clip_boxes import clip_boxes
from .full_precision import full_precision
from .level_strides import check_level_strides
from .region_masks import region_masks
from .roi_pooling import for_roi_align, pool_rois
from .structures import GANSchedule, RoIPair, RoISamples

__all__ = [
    'GANSchedule',
    'RoIPair',
    'RoISamples',
    'check_level_strides',
    'clip_boxes',
    'for_roi_align',
    'full_precision',
    'pool_rois',
    'region_masks',
]
