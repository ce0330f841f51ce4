from .sodgan_roi_head import SODGANRoIHead

__all__ = ['SODGANRoIHead']
