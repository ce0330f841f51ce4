from .image_sodgan import ImageSODGAN
from .single_stage_sodgan import SingleStageSODGAN
from .sod_mtgan import SODMTGAN
from .sodgan import SODGAN

__all__ = ['SODGAN', 'SODMTGAN', 'ImageSODGAN', 'SingleStageSODGAN']
