from .narrow_rpn_head import NarrowRPNHead
from .predicting_ssd_head import PredictingSSDHead
from .sodgan_rpn_head import SODGANRPNHead

__all__ = ['NarrowRPNHead', 'PredictingSSDHead', 'SODGANRPNHead']
