from .context_roi_extractor import ContextRoIExtractor
from .fine_level_roi_extractor import FineLevelRoIExtractor
from .skip_roi_extractor import SkipRoIExtractor

__all__ = ['ContextRoIExtractor', 'FineLevelRoIExtractor', 'SkipRoIExtractor']
