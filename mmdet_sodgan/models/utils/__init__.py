from .full_precision import full_precision
from .region_masks import region_masks
from .structures import GANSchedule, RoIPair, RoISamples

__all__ = [
    'GANSchedule',
    'RoIPair',
    'RoISamples',
    'full_precision',
    'region_masks',
]
