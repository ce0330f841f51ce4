"""Records that travel between the parts; they import nothing of this package."""

from .features import Features
from .gan_schedule import GANSchedule
from .sampled_rois import SampledRoIs

__all__ = ['Features', 'GANSchedule', 'SampledRoIs']
