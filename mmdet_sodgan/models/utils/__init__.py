from .clip_boxes import clip_boxes
from .full_precision import full_precision
from .level_strides import check_level_strides
from .region_masks import region_masks
from .structures import GANSchedule, RoIPair, RoISamples

__all__ = [
    'GANSchedule',
    'RoIPair',
    'RoISamples',
    'check_level_strides',
    'clip_boxes',
    'full_precision',
    'region_masks',
]
