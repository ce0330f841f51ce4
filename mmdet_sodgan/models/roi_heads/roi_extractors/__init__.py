from .context_roi_extractor import ContextRoIExtractor
from .fine_level_roi_extractor import FineLevelRoIExtractor

__all__ = ['ContextRoIExtractor', 'FineLevelRoIExtractor']
