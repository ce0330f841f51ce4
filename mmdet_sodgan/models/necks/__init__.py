from .bifpn import BiFPN
from .dssd_neck import DSSDNeck
from .fusion_node import FusionNode
from .irnn_context import IRNNContext
from .refinedet_neck import RefineDetNeck
from .transfer_connection_block import TransferConnectionBlock

__all__ = [
    'BiFPN',
    'DSSDNeck',
    'FusionNode',
    'IRNNContext',
    'RefineDetNeck',
    'TransferConnectionBlock',
]
