from .bbox_heads import MultiPathBBoxHead
from .ground_truth_rois import GroundTruthRoIs
from .reconstructing_roi_head import ReconstructingRoIHead
from .roi_extractors import (
    ContextRoIExtractor,
    FineLevelRoIExtractor,
    FovealRoIExtractor,
    SkipRoIExtractor,
)
from .sampled_rois_mixin import SampledRoIsMixin
from .sodgan_cascade_roi_head import SODGANCascadeRoIHead
from .sodgan_roi_head import SODGANRoIHead

__all__ = [
    'ContextRoIExtractor',
    'FineLevelRoIExtractor',
    'FovealRoIExtractor',
    'GroundTruthRoIs',
    'MultiPathBBoxHead',
    'ReconstructingRoIHead',
    'SODGANCascadeRoIHead',
    'SODGANRoIHead',
    'SampledRoIsMixin',
    'SkipRoIExtractor',
]
