from .bifpn import BiFPN
from .fusion_node import FusionNode

__all__ = ['BiFPN', 'FusionNode']
