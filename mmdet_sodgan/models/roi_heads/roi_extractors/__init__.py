from .context_roi_extractor import ContextRoIExtractor
from .fine_level_roi_extractor import FineLevelRoIExtractor
from .foveal_roi_extractor import FovealRoIExtractor
from .skip_roi_extractor import SkipRoIExtractor

__all__ = [
    'ContextRoIExtractor',
    'FineLevelRoIExtractor',
    'FovealRoIExtractor',
    'SkipRoIExtractor',
]
