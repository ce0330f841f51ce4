from .panoptic_fpn_detector import PanopticFPNDetector
from .roi_sodgan import RoISODGAN
from .single_stage_sodgan import SingleStageSODGAN
from .sodgan import SODGAN

__all__ = ['PanopticFPNDetector', 'SODGAN', 'RoISODGAN', 'SingleStageSODGAN']
