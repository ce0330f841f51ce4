from .dssd_head import DSSDHead
from .fine_level_rpn_head import FineLevelRPNHead
from .last_map_rpn_head import LastMapRPNHead
from .narrow_rpn_head import NarrowRPNHead
from .predicting_ssd_head import PredictingSSDHead
from .sodgan_rpn_head import SODGANRPNHead

__all__ = [
    'DSSDHead',
    'FineLevelRPNHead',
    'LastMapRPNHead',
    'NarrowRPNHead',
    'PredictingSSDHead',
    'SODGANRPNHead',
]
