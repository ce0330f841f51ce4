from .narrow_rpn_head import NarrowRPNHead
from .sodgan_rpn_head import SODGANRPNHead

__all__ = ['NarrowRPNHead', 'SODGANRPNHead']
