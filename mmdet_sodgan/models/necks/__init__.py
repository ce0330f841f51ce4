from .dssd_neck import DSSDNeck
from .irnn_context import IRNNContext

__all__ = ['DSSDNeck', 'IRNNContext']
