from .panoptic_fpn_detector import PanopticFPNDetector
from .sodgan import SODGAN

__all__ = ['PanopticFPNDetector', 'SODGAN']
