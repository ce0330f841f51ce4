from .image_sodgan import ImageSODGAN
from .single_stage_sodgan import SingleStageSODGAN
from .sodgan import SODGAN

__all__ = ['SODGAN', 'ImageSODGAN', 'SingleStageSODGAN']
