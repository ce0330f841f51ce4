from .region_masks import region_masks
from .structures import GANSchedule, RoIPair, RoISamples

__all__ = ['GANSchedule', 'RoIPair', 'RoISamples', 'region_masks']
