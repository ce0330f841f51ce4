from .panoptic_fpn_detector import PanopticFPNDetector
from .single_stage_sodgan import SingleStageSODGAN
from .sodgan import SODGAN

__all__ = ['PanopticFPNDetector', 'SODGAN', 'SingleStageSODGAN']
