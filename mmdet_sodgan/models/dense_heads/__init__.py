from .sodgan_rpn_head import SODGANRPNHead

__all__ = ['SODGANRPNHead']
