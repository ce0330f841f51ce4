from .ground_truth_rois import GroundTruthRoIs
from .judged_rois_mixin import JudgedRoIsMixin
from .reconstructing_roi_head import ReconstructingRoIHead
from .roi_extractors import ContextRoIExtractor
from .sodgan_cascade_roi_head import SODGANCascadeRoIHead
from .sodgan_roi_head import SODGANRoIHead

__all__ = [
    'ContextRoIExtractor',
    'GroundTruthRoIs',
    'JudgedRoIsMixin',
    'ReconstructingRoIHead',
    'SODGANCascadeRoIHead',
    'SODGANRoIHead',
]
