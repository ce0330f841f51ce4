from .dssd_head import DSSDHead
from .efficientdet_head import EfficientDetHead
from .fine_level_rpn_head import FineLevelRPNHead
from .keypoint_triplet_head import KeypointTripletHead
from .last_map_rpn_head import LastMapRPNHead
from .predicting_ssd_head import PredictingSSDHead
from .refinedet_head import RefineDetHead
from .sodgan_rpn_head import SODGANRPNHead

__all__ = [
    'DSSDHead',
    'EfficientDetHead',
    'FineLevelRPNHead',
    'KeypointTripletHead',
    'LastMapRPNHead',
    'PredictingSSDHead',
    'RefineDetHead',
    'SODGANRPNHead',
]
