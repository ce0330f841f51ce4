"""Records that the other parts hand each other; they import nothing of ours."""

from .features import Features
from .gan_schedule import GANSchedule
from .sampled_rois import SampledRoIs
from .size_bucket import MAX_SIDE, SizeBucket

__all__ = ['MAX_SIDE', 'Features', 'GANSchedule', 'SampledRoIs', 'SizeBucket']
