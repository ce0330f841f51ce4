from .distilled_detector import DistilledDetector
from .gan_mixin import check_optim_wrapper
from .image_sodgan import ImageSODGAN
from .panoptic_fpn_detector import PanopticFPNDetector
from .roi_sodgan import RoISODGAN
from .single_stage_sodgan import SingleStageSODGAN
from .sod_mtgan import SODMTGAN
from .sodgan import SODGAN

__all__ = [
    'DistilledDetector',
    'ImageSODGAN',
    'PanopticFPNDetector',
    'RoISODGAN',
    'SODGAN',
    'SODMTGAN',
    'SingleStageSODGAN',
    'check_optim_wrapper',
]
