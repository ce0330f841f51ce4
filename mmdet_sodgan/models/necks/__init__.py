from .bifpn import BiFPN
from .fusion_node import FusionNode
from .refinedet_neck import RefineDetNeck
from .transfer_connection_block import TransferConnectionBlock

__all__ = ['BiFPN', 'FusionNode', 'RefineDetNeck', 'TransferConnectionBlock']
